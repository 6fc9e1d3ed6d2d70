// A file field that takes files dragged to it, names the chosen file, and says that the import is on its way.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const place = document.querySelector("[data-drop]");
    if (!place) {
        return;
    }
    const field = place.querySelector("input[type=file]");
    const name = place.querySelector("[data-drop-name]");

    function showName() {
        name.textContent = field.files.length ? field.files[0].name : name.dataset.empty;
        place.classList.toggle("has-file", field.files.length > 0);
    }

    for (const event of ["dragenter", "dragover"]) {
        place.addEventListener(event, (drag) => {
            drag.preventDefault();
            place.classList.add("is-over");
        });
    }
    for (const event of ["dragleave", "drop"]) {
        place.addEventListener(event, () => place.classList.remove("is-over"));
    }
    place.addEventListener("drop", (drop) => {
        drop.preventDefault();
        if (drop.dataTransfer.files.length) {
            field.files = drop.dataTransfer.files;
            showName();
        }
    });
    field.addEventListener("change", showName);
    field.form.addEventListener("submit", () => {
        field.form.querySelector("[data-busy]").hidden = false;
        for (const button of field.form.querySelectorAll("button[type=submit]")) {
            button.disabled = true;
        }
    });
    showName();
});
