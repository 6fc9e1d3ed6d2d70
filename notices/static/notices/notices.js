// The bell: a page that somebody looks at asks for news, one in the background does not.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const EVERY = 10_000;
    const SHOWN_FOR = 15_000;
    const KNOWN = "utkorg-newest-notice";
    const notices = document.getElementById("notices");
    if (!notices || !window.htmx) {
        return;
    }
    const bell = () => document.getElementById("notice-bell");
    const newest = () => Number(bell().dataset.newest);
    // Kept over pages and tabs, so that what arrives between two pages is shown, and once.
    const known = () => Number(localStorage.getItem(KNOWN) ?? newest());
    const remember = () => localStorage.setItem(KNOWN, String(Math.max(known(), newest())));
    const look = () => {
        if (document.visibilityState === "visible") {
            htmx.trigger(notices, "look");
        }
    };

    notices.addEventListener("htmx:configRequest", (event) => {
        if (event.target === notices) {
            // A page just opened knows the count, but may not have shown what arrived meanwhile.
            const isNew = newest() > known();
            event.detail.parameters.state = isNew ? "" : bell().dataset.state;
            event.detail.parameters.newest = known();
        }
    });
    notices.addEventListener("htmx:afterSettle", remember);
    document.addEventListener("visibilitychange", look);
    setInterval(look, EVERY);
    if (localStorage.getItem(KNOWN) === null || newest() <= known()) {
        remember();
    } else {
        look();
    }

    // Toasts: what went well goes by itself, unless somebody points at it; what went wrong stays.
    const toasts = document.getElementById("toasts");
    document.body.append(toasts);  // out of the header, which other parts of a page may cover
    const dismiss = (toast) => {
        if (toast.matches(":hover, :focus-within")) {
            setTimeout(() => dismiss(toast), SHOWN_FOR);
        } else {
            toast.remove();
        }
    };
    new MutationObserver((changes) => {
        for (const added of changes.flatMap((change) => [...change.addedNodes])) {
            if (added.matches?.("[data-toast]:not(.is-error)")) {
                setTimeout(() => dismiss(added), SHOWN_FOR);
            }
        }
    }).observe(toasts, { childList: true });
    toasts.addEventListener("click", (event) => {
        event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove();
    });
});
