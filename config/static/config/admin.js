"use strict";
// What htmx brings in works from the moment it is seen: a choice made at once isn't lost. The page's policy
// refuses scripts and styles made on the fly.
Object.assign(window.htmx.config, {allowEval: false, includeIndicatorStyles: false, defaultSettleDelay: 0});

// On narrow pages each value stands beside its heading: as a sentence begins, not with every word in capitals.
document.addEventListener("DOMContentLoaded", () => {
    for (const cell of document.querySelectorAll("td[data-label]")) {
        const heading = cell.closest("table").querySelector("thead th");
        const isFirst = cell === cell.parentElement.firstElementChild;
        // Unfold takes the first cell for a tick box, also in lists without.
        if (isFirst && heading && !cell.querySelector("input[type=checkbox]") && !cell.querySelector("input, select")) {
            cell.dataset.label = heading.textContent.trim();
        }
        const label = cell.dataset.label;
        cell.dataset.label = label.charAt(0).toUpperCase() + label.slice(1);
    }
});
