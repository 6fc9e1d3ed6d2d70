// Copies the text of an element, and says so for a moment. Without a secure address browsers have no clipboard: the
// text is then selected, ready to be copied.
"use strict";
document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    const says = button.querySelector("[data-copy-text]");
    try {
        await navigator.clipboard.writeText(source.textContent);
    } catch {
        getSelection().selectAllChildren(source);
        return;
    }
    const before = says.textContent;
    says.textContent = button.dataset.done;
    setTimeout(() => { says.textContent = before; }, 2000);
});
