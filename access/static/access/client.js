// Two parts of a client's page, of which one is shown.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    for (const list of document.querySelectorAll("[data-tabs]")) {
        const tabs = [...list.querySelectorAll("[role=tab]")];
        const show = (chosen) => {
            for (const tab of tabs) {
                const is = tab === chosen;
                tab.classList.toggle("is-on", is);
                tab.setAttribute("aria-selected", String(is));
                tab.tabIndex = is ? 0 : -1;
                document.getElementById(tab.getAttribute("aria-controls")).hidden = !is;
            }
        };
        list.addEventListener("click", (event) => {
            const tab = event.target.closest("[role=tab]");
            if (tab) {
                show(tab);
            }
        });
        list.addEventListener("keydown", (event) => {
            const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
            if (step) {
                const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
                show(next);
                next.focus();
            }
        });
    }
});
