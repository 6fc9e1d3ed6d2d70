// Of the key's fields, shows those that the chosen type has; the others are left out of what is sent.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("[data-trace]");
    const type = form && form.elements.namedItem("type");
    if (!type) return;
    const fields = [...form.querySelectorAll("[data-types]")];
    const show = () => {
        for (const field of fields) {
            const has = field.dataset.types.split(" ").includes(type.value);
            field.closest("[data-field]").hidden = !has;
            field.disabled = !has;
            field.required = field.dataset.must.split(" ").includes(type.value);
        }
    };
    type.addEventListener("change", show);
    show();
});
