// What is wrong with a page's looks, as sentences; run in the page by Playwright.
"use strict";
() => {
    const ICONS = ".material-symbols-outlined";
    const problems = new Set();
    const width = document.documentElement.clientWidth;
    const named = (element) => {
        const classes = [...element.classList].slice(0, 3).map((name) => `.${name}`).join("");
        return `<${element.tagName.toLowerCase()}${element.id ? `#${element.id}` : ""}${classes}>`;
    };
    const shows = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });

    // Where a text ends, and what would cut it: the nearest ancestor that hides what doesn't fit and doesn't scroll.
    const cutBy = (element, text) => {
        for (let box = element; box && box !== document.documentElement; box = box.parentElement) {
            const style = getComputedStyle(box);
            if (style.position === "fixed" && box !== element) return null;
            if (/auto|scroll/.test(style.overflowX + style.overflowY)) return null;
            if (!/hidden|clip/.test(style.overflowX + style.overflowY)) continue;
            const edges = box.getBoundingClientRect();
            if (edges.width <= 1 || edges.height <= 1) return null; // for screen readers alone
            if (box.closest("[title]")) return null; // shown whole when pointed at
            const across = /hidden|clip/.test(style.overflowX) && (text.right > edges.right + 2 || text.left < edges.left - 2);
            const down = /hidden|clip/.test(style.overflowY) && text.bottom > edges.bottom + 4;
            if ((across || down)) return box;
        }
        return null;
    };
    const scrolls = (element) => {
        for (let box = element; box && box !== document.body; box = box.parentElement) {
            if (/auto|scroll|hidden|clip/.test(getComputedStyle(box).overflowX)) return true;
        }
        return false;
    };

    if (document.documentElement.scrollWidth > width) {
        problems.add(`the document is ${document.documentElement.scrollWidth} wide, the window ${width}`);
    }
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        const words = walker.currentNode.textContent.trim();
        if (!words || element.closest(`script, style, template, option, textarea, .skip-link, ${ICONS}`) || !shows(element)) continue;
        range.selectNodeContents(walker.currentNode);
        const text = range.getBoundingClientRect();
        if (!text.width || !text.height) continue;
        const box = cutBy(element, text);
        if (box) problems.add(`"${words.slice(0, 40)}" is cut off by ${named(box)}`);
        if (text.top + scrollY < -1 && element.closest("#header-inner")) problems.add(`"${words.slice(0, 40)}" in ${named(element)} stands above the window`);
        if ((text.right > width + 1 || text.left < -1) && !scrolls(element)) {
            problems.add(`"${words.slice(0, 40)}" in ${named(element)} stands outside the window`);
        }
    }
    const pen = document.createElement("canvas").getContext("2d");
    for (const field of document.querySelectorAll("input[placeholder]")) {
        if (!shows(field) || field.value) continue;
        const style = getComputedStyle(field);
        pen.font = getComputedStyle(field, "::placeholder").font;
        const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        if (room > 0 && pen.measureText(field.placeholder).width > room + 1) {
            problems.add(`"${field.placeholder}" does not fit in ${named(field)}`);
        }
    }
    return [...problems];
}
