// The keys of an invoice's page, its suggestions, and its original beside its fields.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const desk = document.querySelector("[data-desk]");
    if (!desk) return;
    const help = document.getElementById("desk-keys");
    const $ = window.django && window.django.jQuery;
    const typing = (target) => target.closest("input, textarea, select, [contenteditable], .select2-container, dialog[open]");

    // Fields that search among the company's rows

    if ($ && $.fn.djangoAdminSelect2) {
        $("select.admin-autocomplete").not("[name*=__prefix__]").djangoAdminSelect2();
    }

    // Suggestions

    function fill(button) {
        const field = document.getElementById(button.dataset.fill);
        if (field.tagName === "SELECT") {
            if (![...field.options].some((option) => option.value === button.dataset.value)) {
                field.add(new Option(button.dataset.shown, button.dataset.value, true, true));
            }
            field.value = button.dataset.value;
        } else {
            field.value = button.dataset.value;
        }
        if ($) $(field).trigger("change");
        field.dispatchEvent(new Event("input", { bubbles: true }));
        field.focus();
    }
    for (const button of desk.querySelectorAll("[data-fill]")) {
        button.addEventListener("click", () => fill(button));
    }

    // A new supplier is made instead of choosing one

    const tick = document.getElementById("id_makes_supplier");
    const supplier = document.getElementById("id_supplier");
    if (tick && supplier) {
        const follow = () => {
            supplier.disabled = tick.checked;
        };
        tick.addEventListener("change", follow);
        follow();
    }

    // Rows: one empty at a time

    const rows = [...desk.querySelectorAll("[data-row]")];
    const more = desk.querySelector("[data-add-row]");
    if (more) {
        const isEmpty = (row) => [...row.querySelectorAll("input:not([type=hidden]), select")].every((field) => !field.value);
        const empty = rows.filter(isEmpty);
        empty.slice(1).forEach((row) => { row.hidden = true; });
        const follow = () => { more.hidden = !rows.some((row) => row.hidden); };
        more.addEventListener("click", () => {
            const next = rows.find((row) => row.hidden);
            if (next) {
                next.hidden = false;
                next.querySelector(".select2-selection, select, input").focus();
            }
            follow();
        });
        follow();
    }

    // What was typed isn't lost by a key

    let isChanged = false;
    for (const form of desk.querySelectorAll("form")) {
        form.addEventListener("input", () => { isChanged = true; });
        form.addEventListener("submit", () => { isChanged = false; });
    }
    window.addEventListener("beforeunload", (event) => {
        if (isChanged) event.preventDefault();
    });

    // The original: larger, smaller; beside the fields, or instead of them

    const frame = desk.querySelector("[data-sheet] iframe");
    let zoom = 100;
    for (const button of desk.querySelectorAll("[data-zoom]")) {
        button.hidden = false;
        button.addEventListener("click", () => {
            zoom = Math.min(300, Math.max(100, zoom + 50 * Number(button.dataset.zoom)));
            frame.style.width = `${zoom}%`;
            frame.style.height = `${zoom}%`;
        });
    }
    const views = desk.querySelector("[data-desk-views]");
    views.hidden = false;
    for (const button of views.querySelectorAll("[data-view]")) {
        button.addEventListener("click", () => {
            desk.querySelector("[data-desk-columns]").dataset.shows = button.dataset.view;
            for (const other of views.children) {
                other.classList.toggle("is-on", other === button);
                other.setAttribute("aria-pressed", String(other === button));
            }
        });
    }

    // Keys

    const openHelp = () => help.showModal();
    desk.querySelector("[data-desk-help]").addEventListener("click", openHelp);
    help.querySelector("[data-desk-close]").addEventListener("click", () => help.close());
    help.addEventListener("click", (event) => { if (event.target === help) help.close(); });

    const names = { arrowright: "j", arrowleft: "k" };
    document.addEventListener("keydown", (event) => {
        const key = event.key.toLowerCase();
        if ((event.ctrlKey || event.metaKey) && key === "s" && !event.altKey && !event.shiftKey) {
            const save = desk.querySelector("[data-save]");
            if (save) {
                event.preventDefault();
                save.click();
            }
            return;
        }
        if (key === "escape" && help.open) {
            // At once: the browser closes it a moment later, and the next key would be lost.
            event.preventDefault();
            help.close();
            return;
        }
        if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
        if (key === "escape" && typing(event.target) && !document.querySelector(".select2-container--open")) {
            event.target.blur();
            return;
        }
        if (typing(event.target)) return;
        if (key === "?") {
            event.preventDefault();
            event.stopImmediatePropagation();
            openHelp();
            return;
        }
        if (key === "f") {
            const first = desk.querySelector(".desk-form .select2-selection, .desk-form input:not([type=hidden])");
            if (first) {
                event.preventDefault();
                first.focus();
            }
            return;
        }
        const found = desk.querySelector(`[data-desk-key="${names[key] || key}"]`);
        if (found) {
            event.preventDefault();
            event.stopImmediatePropagation();
            found.click();
        }
    }, true);
});
