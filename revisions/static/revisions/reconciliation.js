// Months are asked for only of types that have a date.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("[data-reconciliation]");
    const type = form.elements.namedItem("information_type");
    const dated = form.dataset.dated.split(" ");
    const show = () => {
        for (const field of form.querySelectorAll("[data-field^=period_]")) {
            field.hidden = !dated.includes(type.value);
        }
    };
    type.addEventListener("change", show);
    show();
});
