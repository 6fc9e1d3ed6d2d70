// The pages that ask for transfers. Fields that search speak jQuery; what hangs on them is asked for by htmx.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("form[data-asking]");
    const $ = window.django && window.django.jQuery;
    if (!form || !$ || !window.htmx) {
        return;
    }
    const ask = () => htmx.trigger("#transfer-estimate", "asked");
    const ends = (name) => form.querySelectorAll(`#transfer-parameters [data-end=${name}]`);

    // The company is searched for among those of the subscription.
    $.ajaxPrefilter((options) => {
        const address = new URL(options.url, window.location.href);
        if (address.pathname.endsWith("/add/companies/")) {
            address.searchParams.set("subscription", form.elements.subscription.value);
            options.url = address.pathname + address.search;
        }
    });
    let subscription = form.elements.subscription?.value;
    $("#id_subscription").on("change", (event) => {
        // Other scripts of the page announce a change also when they only fill the field in.
        if (event.target.value !== subscription) {
            subscription = event.target.value;
            $("#id_company").val(null).trigger("change.select2");
            htmx.trigger("#transfer-what", "subscription-chosen");
            ask();
        }
    });
    let company = form.elements.company?.value;
    $("#id_company").on("change", (event) => {
        if (event.target.value !== company) {
            company = event.target.value;
            htmx.trigger("[data-type-choice]", "company-chosen");
            ask();
        }
    });

    // Presets fill in both ends; the one that is filled in shows as pressed.
    // An end is a day's field, or a month's two.
    const parts = (end, day) =>
        end.matches("[data-month]")
            ? [["_month", day.slice(5, 7)], ["_year", day.slice(0, 4)]].map(([name, value]) => [
                  end.querySelector(`select[name$=${name}]`), value,
              ])
            : [[end, day]];
    const fits = (preset, name) =>
        [...ends(name)].every((end) => parts(end, preset.dataset[name]).every(([field, value]) => field.value === value));
    const showPressed = () => {
        for (const preset of form.querySelectorAll("[data-preset]")) {
            preset.setAttribute("aria-pressed", String(fits(preset, "from") && fits(preset, "to")));
        }
    };
    form.addEventListener("click", (event) => {
        const preset = event.target.closest("[data-preset]");
        if (preset) {
            for (const name of ["from", "to"]) {
                for (const [field, value] of [...ends(name)].flatMap((end) => parts(end, preset.dataset[name]))) {
                    field.value = value;
                }
            }
            showPressed();
            ask();
        }
    });
    form.addEventListener("input", showPressed);
    document.body.addEventListener("htmx:afterSettle", (event) => {
        if (event.target.closest?.("#transfer-what")) {
            showPressed();
            ask();
        }
    });
    showPressed();
});
