// Every text that a page shows or would show: of elements, and of attributes that people read or hear.
"use strict";
() => {
    const SKIPPED = "script, style, template, code, pre, textarea, form[action*=setlang], select[name=language], label:has([name=language]), .material-symbols-outlined, [translate=no]";
    // What is written in another language on purpose says so.
    const isForeign = (element) => (element.closest("[lang]")?.lang || "") !== document.documentElement.lang;
    const READ = ["placeholder", "title", "aria-label", "alt", "data-label"];
    const texts = new Set([document.title]);
    const add = (text) => {
        const words = (text || "").replace(/\s+/g, " ").trim();
        if (words) texts.add(words);
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        if (!walker.currentNode.parentElement.closest(SKIPPED) && !isForeign(walker.currentNode.parentElement)) add(walker.currentNode.textContent);
    }
    for (const element of document.querySelectorAll(READ.map((name) => `[${name}]`).join(","))) {
        if (!element.closest(SKIPPED)) for (const name of READ) add(element.getAttribute(name));
    }
    for (const button of document.querySelectorAll("input[type=submit], input[type=button], input[type=reset]")) add(button.value);
    return [...texts];
}
