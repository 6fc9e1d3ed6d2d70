// A subscription decides which types can be chosen: when it is chosen, the page is asked for again with it.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const $ = window.django && window.django.jQuery;
    if (!$) {
        return;
    }
    $("#id_subscription").on("change", (event) => {
        const address = new URL(window.location.href);
        // Other scripts of the page announce a change also when they only fill the field in.
        if (event.target.value && event.target.value !== address.searchParams.get("subscription")) {
            address.searchParams.set("subscription", event.target.value);
            window.location.replace(address);
        }
    });
});
