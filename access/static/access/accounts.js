"use strict";
// The selector of accounts: opened, it shows the first ones and takes what is typed; Escape and a click elsewhere close it.
for (const selector of document.querySelectorAll("[data-account-selector]")) {
    const text = selector.querySelector("input[type=search]");
    selector.addEventListener("toggle", () => {
        if (selector.open) {
            text.focus();
            window.htmx.trigger(text, "opened");
        }
    });
    selector.addEventListener("keydown", (event) => {
        if (event.key === "Escape") {
            selector.open = false;
            selector.querySelector("summary").focus();
        }
    });
    document.addEventListener("click", (event) => {
        if (!selector.contains(event.target)) {
            selector.open = false;
        }
    });
}
