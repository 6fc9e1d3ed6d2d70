// Times of today become one time, in the form of the page's language.
"use strict";
() => {
    const now = new Date();
    const day = String(now.getDate());
    const month = String(now.getMonth() + 1);
    const two = (text) => text.padStart(2, "0");
    const short = new Intl.DateTimeFormat("en-GB", { month: "short" }).format(now).slice(0, 3);
    const forms = [
        [`${now.getFullYear()}-${two(month)}-${two(day)}`, "2026-01-15"],
        [`${two(day)}.${two(month)}.${now.getFullYear()}`, "15.01.2026"],
        [`${day} ${short} ${now.getFullYear()}`, "15 Jan 2026"],
    ];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        for (const [today, same] of forms) {
            if (!walker.currentNode.data.includes(today)) continue;
            walker.currentNode.data = walker.currentNode.data.replaceAll(today, same).replace(/\d\d:\d\d:\d\d\.\d+/g, "08:30:00.000000").replace(/\b\d\d:\d\d(:\d\d)?\b/g, "09:30");
        }
    }
    for (const field of document.querySelectorAll("input")) {
        for (const [today, same] of forms) if (field.value === today) field.value = same;
    }
}
