// Marks the texts whose contrast is still to be measured, and returns how they are written; run in the page by Playwright.
"use strict";
(known) => {
    const seen = new Set(known);
    const found = [];
    const inks = new Map();
    const hashed = (text) => {
        let [one, other] = [0xdeadbeef, 0x41c6ce57];
        for (let place = 0; place < text.length; place++) {
            one = Math.imul(one ^ text.charCodeAt(place), 2654435761);
            other = Math.imul(other ^ text.charCodeAt(place), 1597334677);
        }
        return (one >>> 0).toString(36) + (other >>> 0).toString(36);
    };
    // By the elements that a text stands in and what colours them, itself and behind it.
    const inkOf = (element) => {
        if (!element) return "";
        if (!inks.has(element)) {
            const style = getComputedStyle(element);
            const own = [element.tagName, element.className, style.color, style.backgroundColor, style.backgroundImage, style.opacity, style.fontSize, style.fontWeight];
            inks.set(element, hashed(inkOf(element.parentElement) + own.join("|")));
        }
        return inks.get(element);
    };
    const mark = (element) => {
        const ink = inkOf(element);
        if (seen.has(ink)) return;
        seen.add(ink);
        found.push(ink);
        element.dataset.ink = "";
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        if (walker.currentNode.textContent.trim()) mark(walker.currentNode.parentElement);
    }
    for (const field of document.querySelectorAll("input, select, textarea")) mark(field);
    return found;
}
