// Every field has a name that is heard: those of a table's column, and the parts of fields that search.
"use strict";
(() => {
    const headingOf = (field) => {
        const column = [...(field.closest("td")?.classList ?? [])].find((name) => name.startsWith("field-"));
        const heading = column && field.closest("table").querySelector(`th.column-${column.slice(6)}`);
        return heading && (heading.querySelector("span span") ?? heading).textContent.trim().replace(/\*$/, "");
    };
    const labelOf = (field) => {
        const label = [...(field.labels ?? [])].map((each) => each.textContent.trim()).find(Boolean);
        const filter = () => field.closest("form, div")?.querySelector("label, h3")?.textContent.trim();
        return field.getAttribute("aria-label") || label?.replace(/\*$/, "") || headingOf(field) || filter();
    };
    const name = (element, text) => {
        if (element && text && element.getAttribute("aria-label") !== text) element.setAttribute("aria-label", text);
    };

    const nameSearching = (container) => {
        const select = container.previousElementSibling;
        if (!select?.matches("select")) return;
        const text = labelOf(select);
        name(container.querySelector(".select2-selection"), text);
        name(container.querySelector(".select2-selection--single .select2-selection__rendered"), text);
        name(container.querySelector(".select2-search__field"), text);
        container.querySelector("ul > .select2-selection__clear")?.setAttribute("role", "listitem");
    };
    const nameDropdown = (dropdown) => {
        const list = dropdown.querySelector(".select2-results__options");
        const select = list && document.getElementById(list.id.replace(/^select2-|-results$/g, ""));
        const text = select && labelOf(select);
        name(list, text);
        name(dropdown.querySelector(".select2-search__field"), text);
    };
    const nameAll = () => {
        for (const field of document.querySelectorAll("td input, td select, td textarea")) {
            if (field.type !== "hidden" && !field.labels?.length && !field.getAttribute("aria-label")) name(field, headingOf(field));
        }
        document.querySelectorAll(".select2-container").forEach(nameSearching);
        document.querySelectorAll(".select2-dropdown").forEach(nameDropdown);
    };

    let asked = false;
    const nameSoon = () => {
        if (asked) return;
        asked = true;
        requestAnimationFrame(() => {
            asked = false;
            nameAll();
        });
    };
    document.addEventListener("DOMContentLoaded", () => {
        nameAll();
        new MutationObserver(nameSoon).observe(document.body, { childList: true, subtree: true });
    });
})();
