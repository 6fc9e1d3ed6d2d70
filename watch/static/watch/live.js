// Parts of pages that live: asked for again every few seconds, but not while nobody looks. What differs is changed in
// place, so that focus, scrolling, opened tables and chosen text stay.
"use strict";
(() => {
    const EVERY = 5000;
    const isLive = (element) => element instanceof Element && element.matches("[data-live]");

    const refresh = () => {
        for (const part of document.querySelectorAll("[data-live]")) htmx.trigger(part, "live");
    };

    const stale = (is) => {
        for (const notice of document.querySelectorAll("[data-live-stale]")) notice.hidden = !is;
    };

    function sameAttributes(old, fresh) {
        for (const { name, value } of fresh.attributes) {
            if (old.getAttribute(name) !== value) old.setAttribute(name, value);
        }
        for (const { name } of [...old.attributes]) {
            // Whether a table is open is the reader's choice.
            if (!fresh.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS")) old.removeAttribute(name);
        }
    }

    const isSame = (old, fresh) => old.nodeType === fresh.nodeType && old.nodeName === fresh.nodeName && (old.id ?? "") === (fresh.id ?? "");

    function become(old, fresh) {
        if (old.nodeType === Node.TEXT_NODE || old.nodeType === Node.COMMENT_NODE) {
            if (old.data !== fresh.data) old.data = fresh.data;
            return;
        }
        if (old.nodeType !== Node.ELEMENT_NODE || old.isEqualNode(fresh)) return;
        sameAttributes(old, fresh);
        childrenBecome(old, fresh);
    }

    function childrenBecome(old, fresh) {
        const named = new Map([...old.children].filter((child) => child.id).map((child) => [child.id, child]));
        let place = old.firstChild;
        for (const wanted of [...fresh.childNodes]) {
            let found = wanted.id ? named.get(wanted.id) : place;
            if (found && !isSame(found, wanted)) found = null;
            if (!found) {
                old.insertBefore(wanted, place);
                continue;
            }
            if (found === place) place = place.nextSibling;
            else old.insertBefore(found, place);
            become(found, wanted);
        }
        while (place) {
            const next = place.nextSibling;
            place.remove();
            place = next;
        }
    }

    function show(part, content) {
        const fresh = part.cloneNode(false);
        fresh.innerHTML = content;
        const focused = document.activeElement;
        childrenBecome(part, fresh);
        if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
    }

    document.addEventListener("htmx:configRequest", (event) => {
        if (!isLive(event.detail.elt)) return;
        const form = event.detail.elt.querySelector("[data-live-search]");
        if (form) for (const [name, value] of new FormData(form)) event.detail.parameters[name] = value;
        const etag = event.detail.elt.dataset.etag;
        if (etag) event.detail.headers["If-None-Match"] = etag;
    });

    document.addEventListener("htmx:beforeSwap", (event) => {
        const { elt: part, xhr } = event.detail;
        if (!isLive(part)) return;
        event.detail.shouldSwap = false;
        stale(xhr.status >= 500);
        if (xhr.status !== 200) return;
        const etag = xhr.getResponseHeader("ETag");
        // Not our part: who was signed in isn't any more, and the page says so itself.
        if (!etag) { location.reload(); return; }
        part.dataset.etag = etag;
        show(part, xhr.responseText);
    });

    document.addEventListener("htmx:sendError", (event) => { if (isLive(event.detail.elt)) stale(true); });

    let typing = 0;
    const search = (form) => {
        const chosen = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
        history.replaceState(history.state, "", chosen.size ? `?${chosen}` : location.pathname);
        htmx.trigger(form.closest("[data-live]"), "live");
    };
    const asked = (event) => event.target instanceof Element && event.target.closest("[data-live-search]");
    document.addEventListener("input", (event) => {
        const form = asked(event);
        if (!form) return;
        clearTimeout(typing);
        typing = setTimeout(() => search(form), 200);
    });
    document.addEventListener("submit", (event) => {
        const form = asked(event);
        if (!form) return;
        event.preventDefault();
        clearTimeout(typing);
        search(form);
    });

    setInterval(() => { if (!document.hidden) refresh(); }, EVERY);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
})();
