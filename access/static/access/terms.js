"use strict";
// What nobody has opened nobody has read: the tick waits for the terms, the button for the tick.
for (const form of document.querySelectorAll("[data-terms]")) {
    const terms = form.querySelector("details");
    const tick = form.elements.accepted;
    const button = form.querySelector("[type=submit]");
    const follow = () => {
        tick.disabled = tick.disabled && !terms.open;
        button.disabled = tick.disabled || !tick.checked;
        form.querySelector("[data-terms-hint]").hidden = !tick.disabled;
    };
    terms.addEventListener("toggle", follow);
    tick.addEventListener("change", follow);
    follow();
}
