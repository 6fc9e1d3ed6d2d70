// Forms of keys: only the questions that are to be answered are open.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const byName = (form, name) => form.elements.namedItem(name);

    // A new key: the list of applications or a name typed in, and office keys only where they are supported
    for (const form of document.querySelectorAll("[data-key-form]")) {
        const field = (name) => form.querySelector(`[data-field=${name}]`);
        const [list, custom, typed] = ["application", "is_custom", "custom_name"].map((name) => byName(form, name));
        const [office, vouches] = [byName(form, "is_office"), byName(form, "vouches")];
        const name = byName(form, "name");
        const chosen = () => custom.checked ? typed.value.trim() : list.value && list.selectedOptions[0].text;
        // A name that somebody wrote stays, also on the page that tells of mistakes
        let proposed = name.value === chosen() ? name.value : "";

        const propose = () => {
            if (chosen() && (name.value === "" || name.value === proposed)) name.value = proposed = chosen();
        };
        const show = () => {
            list.disabled = custom.checked;
            field("custom_name").hidden = !custom.checked;
            if (!office) return;
            const isRefused = !custom.checked && list.value !== "" && !("takesOfficeKeys" in list.selectedOptions[0].dataset);
            office.disabled = isRefused;
            if (isRefused) office.checked = false;
            field("is_office").querySelector("[data-no-office-keys]").hidden = !isRefused;
            field("vouches").hidden = !(custom.checked && office.checked);
        };
        form.addEventListener("change", () => { show(); propose(); });
        custom.addEventListener("change", () => { if (custom.checked) typed.focus(); });
        show();
    }

    // A key's page: rights are chosen where the key doesn't follow its owner
    const table = document.querySelector("#apikey_form [data-rights]");
    if (!table) return;
    const choices = [...document.querySelectorAll("#apikey_form input[name=rights]")];
    const boxes = [...table.querySelectorAll("input[type=checkbox]:not(:disabled)")];
    const follow = () => {
        const follows = choices.some((choice) => choice.checked && choice.value === "all");
        for (const box of boxes) {
            if (follows && !box.disabled) box.dataset.chosen = box.checked ? "yes" : "";
            if (follows) box.checked = true;
            else if (box.disabled) box.checked = box.dataset.chosen === "yes";
            box.disabled = follows;
        }
        for (const button of table.querySelectorAll("button[data-column]")) button.disabled = follows;
    };
    for (const choice of choices) choice.addEventListener("change", follow);
    follow();
    const ask = document.querySelector("[data-asked-for]");
    if (ask) {
        ask.addEventListener("click", () => {
            const chosen = choices.find((choice) => choice.value === "none");
            chosen.checked = true;
            chosen.dispatchEvent(new Event("change", { bubbles: true }));
            const wanted = new Set(ask.dataset.askedFor.split(","));
            for (const box of boxes) if (wanted.has(box.value)) box.checked = true;
        });
    }
});
