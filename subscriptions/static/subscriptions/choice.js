// What the choice means, told while it is made; and a preview of what it would have queued.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const bar = document.querySelector("[data-choice]");
    const form = document.querySelector("#subscription_form");
    const page = document.querySelector("[data-preview-page]");
    if (!bar || !form) {
        return;
    }
    const pause = 250;
    const means = bar.querySelector("[data-means]");
    const rows = page.querySelector("[data-preview-rows]");
    const sentence = document.createElement("p");
    sentence.className = "choice-sentence";
    sentence.setAttribute("role", "status");
    // Beside the tick, below its help text
    const tick = form.querySelector("#id_negative_selection");
    (tick?.nextElementSibling || bar).append(sentence);
    let timer = 0;
    let underWay = null;

    const ask = (url, options = {}) => fetch(url, { method: "POST", body: new FormData(form), ...options });
    const tell = async () => {
        underWay?.abort();
        underWay = new AbortController();
        try {
            const answer = await ask(bar.dataset.choiceUrl, { signal: underWay.signal });
            if (answer.ok) {
                means.innerHTML = await answer.text();
                sentence.textContent = means.querySelector("[data-sentence]").textContent;
                sentence.classList.toggle("is-bad", means.querySelector("[data-impossible]") !== null);
                bar.hidden = false;
            }
        } catch {
            // Asked again meanwhile, or the network is away: what stands there stays.
        }
    };
    const later = () => {
        clearTimeout(timer);
        timer = setTimeout(tell, pause);
    };
    form.addEventListener("input", later);
    form.addEventListener("change", later);
    window.django?.jQuery(form).on("change", later);
    tell();

    bar.querySelector("[data-preview]").addEventListener("click", async () => {
        rows.replaceChildren();
        page.showModal();
        try {
            const answer = await ask(bar.dataset.previewUrl);
            rows.innerHTML = answer.ok ? await answer.text() : "";
        } catch {
            rows.textContent = "";
        }
        if (!rows.firstChild) {
            rows.textContent = bar.dataset.failed;
        }
    });
    page.querySelector("[data-close]").addEventListener("click", () => page.close());
    page.addEventListener("click", (event) => {
        if (event.target === page) {
            page.close();
        }
    });
});
