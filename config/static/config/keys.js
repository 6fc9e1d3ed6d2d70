// The box that searches everywhere, and the keys of lists and forms.
"use strict";
(() => {
    const typing = (target) => target.closest("input, textarea, select, [contenteditable], .select2-container, dialog[open]");
    const rows = () => [...document.querySelectorAll("#result_list tbody tr")];
    const linkOf = (row) => row.querySelector("th a[href], td a[href], a.row-link");

    function options() {
        return [...document.querySelectorAll("#find-results [role=option]")];
    }

    function choose(step) {
        const found = options();
        if (!found.length) return;
        const now = found.findIndex((option) => option.getAttribute("aria-selected") === "true");
        const next = (now + step + found.length) % found.length;
        found.forEach((option, place) => {
            option.setAttribute("aria-selected", String(place === next));
            option.id = `find-option-${place}`;
        });
        found[next].scrollIntoView({ block: "nearest" });
        document.getElementById("find-text").setAttribute("aria-activedescendant", found[next].id);
    }

    function openFind() {
        const box = document.getElementById("find");
        if (!box || box.open) return;
        box.showModal();
        document.getElementById("find-text").select();
    }

    function move(step) {
        const all = rows();
        const now = all.findIndex((row) => row.contains(document.activeElement) || row.classList.contains("is-here"));
        const next = all[Math.min(Math.max(now + step, 0), all.length - 1)];
        if (!next) return;
        all.forEach((row) => row.classList.toggle("is-here", row === next));
        (linkOf(next) || next).focus({ preventScroll: true });
        next.scrollIntoView({ block: "nearest" });
    }

    const press = (selector) => {
        const found = document.querySelector(selector);
        if (found) found.click();
        return Boolean(found);
    };

    const alone = {
        "?": () => { const list = document.getElementById("shortcuts"); if (list) list.showModal(); return Boolean(list); },
        n: () => press("a.addlink"),
        e: () => press("[data-key=export]"),
        f: () => press("[data-key=filter]"),
        j: () => { move(1); return rows().length > 0; },
        k: () => { move(-1); return rows().length > 0; },
    };

    document.addEventListener("keydown", (event) => {
        const key = event.key.toLowerCase();
        if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
            if (key === "k") {
                event.preventDefault();
                openFind();
            } else if (key === "s") {
                const save = document.querySelector("[name=_save]");
                if (save) {
                    event.preventDefault();
                    save.click();
                }
            }
            return;
        }
        if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
        if (document.querySelector("dialog[open]")) return;
        if (alone[event.key === "?" ? "?" : key]?.()) event.preventDefault();
    });

    document.addEventListener("DOMContentLoaded", () => {
        const skip = document.getElementById("skip-link");
        if (skip) {
            document.body.prepend(skip);
            skip.addEventListener("click", () => {
                const content = document.getElementById("content");
                content.tabIndex = -1;
                content.focus();
            });
        }
        const text = document.getElementById("find-text");
        if (!text) return;
        for (const opener of document.querySelectorAll("[data-find-open]")) {
            opener.addEventListener("click", (event) => { event.preventDefault(); openFind(); });
        }
        for (const closer of document.querySelectorAll("[data-find-close]")) {
            closer.addEventListener("click", () => closer.closest("dialog").close());
        }
        for (const dialog of document.querySelectorAll("dialog.find")) {
            dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
        }
        text.addEventListener("keydown", (event) => {
            if (event.key === "ArrowDown" || event.key === "ArrowUp") {
                event.preventDefault();
                choose(event.key === "ArrowDown" ? 1 : -1);
            } else if (event.key === "Escape") {
                // A browser's own search field is emptied first; who wants to leave, leaves.
                event.preventDefault();
                text.closest("dialog").close();
            } else if (event.key === "Enter") {
                const found = options();
                const chosen = found.find((option) => option.getAttribute("aria-selected") === "true") || found[0];
                if (chosen) {
                    event.preventDefault();
                    chosen.click();
                }
            }
        });
        document.body.addEventListener("htmx:afterSwap", (event) => {
            if (event.detail.target.id !== "find-results") return;
            text.setAttribute("aria-expanded", String(options().length > 0));
            text.removeAttribute("aria-activedescendant");
            if (options().length) choose(1);
        });
    });
})();
