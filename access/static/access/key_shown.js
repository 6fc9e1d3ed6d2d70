// A key's text, seen once: copied, saved as a file that is made here, and gone with the page.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const dialog = document.querySelector("[data-key-shown]");
    if (!dialog) return;
    const find = (name) => dialog.querySelector(`[data-key-${name}]`);
    const [text, stored, ok, says] = ["text", "stored", "ok", "says"].map(find);
    const isStored = () => stored.checked;
    const say = (what) => { says.textContent = says.dataset[what]; };

    // Reloading or going back leads on: the form is never sent again, which would make another key.
    history.replaceState(null, "", dialog.dataset.next);
    dialog.close();
    dialog.showModal();
    text.focus();
    text.select();

    dialog.addEventListener("cancel", (event) => event.preventDefault());
    text.addEventListener("focus", () => text.select());
    stored.addEventListener("change", () => { ok.disabled = !isStored(); });
    find("copy").addEventListener("click", async () => {
        text.select();
        try {
            await navigator.clipboard.writeText(text.value);
            say("copied");
        } catch {
            say(document.execCommand("copy") ? "copied" : "failed");
        }
    });
    find("save").addEventListener("click", () => {
        const address = URL.createObjectURL(new Blob([`${text.value}\n`], { type: "text/plain" }));
        const link = Object.assign(document.createElement("a"), { href: address, download: dialog.dataset.file });
        link.click();
        setTimeout(() => URL.revokeObjectURL(address), 1000);
        say("saved");
    });
    window.addEventListener("beforeunload", (event) => {
        if (!isStored()) event.preventDefault();
    });
    // A page kept for going back to would show the key again.
    window.addEventListener("pagehide", () => { text.value = ""; });
});
