// Fields that choose among a company's rows search within the company of the form (or of the list's filter).
"use strict";
(() => {
    const FILTERS = ["company__id__exact", "voucher__company__id__exact", "financial_year__company__id__exact"];

    function company() {
        const field = document.getElementById("id_company");
        if (field) {
            return field.value;
        }
        const fixed = document.querySelector("[data-of-company]");
        if (fixed) {
            return fixed.dataset.ofCompany;
        }
        const chosen = new URLSearchParams(window.location.search);
        return FILTERS.map((name) => chosen.get(name)).find(Boolean) || "";
    }

    document.addEventListener("DOMContentLoaded", () => {
        const $ = window.django && window.django.jQuery;
        if (!$) {
            return;
        }
        $.ajaxPrefilter((options) => {
            const address = new URL(options.url, window.location.href);
            if (address.pathname.endsWith("/autocomplete/") && address.searchParams.get("field_name") !== "company") {
                address.searchParams.set("company", company());
                options.url = address.pathname + address.search;
            }
        });
        // What was chosen of another company can't stay; the same one, announced as the page opens, clears nothing.
        let before = company();
        $("#id_company").on("change", () => {
            if (company() === before) {
                return;
            }
            before = company();
            $("select.admin-autocomplete").not("#id_company").val(null).trigger("change.select2");
        });
    });
})();
