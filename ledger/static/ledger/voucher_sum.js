// The sums of a voucher while it is typed. Amounts are counted in hundredths, as whole numbers, so nothing is rounded.
"use strict";
(() => {
    const language = document.documentElement.lang || "en";
    const pointIsDecimal = new Intl.NumberFormat(language).format(1.5).includes(".");
    const form = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

    // The server reads amounts by the same rules: access/http/admin/amounts.py.
    function hundredths(typed) {
        let text = typed.replace(/\s/g, "").replace("−", "-");
        if (pointIsDecimal && /^-?\d{1,3}(,\d{3})+$/.test(text)) {
            text = text.replace(/,/g, "");
        } else if (text.includes(",") && text.includes(".")) {
            text = text.replaceAll(text.lastIndexOf(".") > text.lastIndexOf(",") ? "," : ".", "");
        }
        const found = /^(-?)(\d*)(?:[.,](\d{0,2}))?$/.exec(text);
        if (!found || !(found[2] || found[3])) {
            return 0n;
        }
        const amount = BigInt((found[2] || "0") + (found[3] || "").padEnd(2, "0"));
        return found[1] ? -amount : amount;
    }

    function shown(amount) {
        const digits = (amount < 0n ? -amount : amount).toString().padStart(3, "0");
        const whole = BigInt(digits.slice(0, -2));
        const parts = form.formatToParts(0.11).map((part) => {
            if (part.type === "integer") {
                return new Intl.NumberFormat(language).format(whole);
            }
            return part.type === "fraction" ? digits.slice(-2) : part.value;
        });
        return (amount < 0n ? "−" : "") + parts.join("").replace(/\u202f/g, "\u00a0");
    }

    function isDeleted(row) {
        const box = row.querySelector("input[name$='-DELETE']");
        return row.classList.contains("empty-form") || (box && box.checked);
    }

    function sumOf(column) {
        let sum = 0n;
        for (const field of document.querySelectorAll(`input[name^='rows-'][name$='-${column}']`)) {
            const row = field.closest(".form-group, tbody, tr");
            if (!isDeleted(row)) {
                sum += hundredths(field.value);
            }
        }
        return sum;
    }

    function show(box) {
        const debit = sumOf("debit");
        const credit = sumOf("credit");
        const difference = debit - credit;
        box.querySelector("[data-sum=debit]").textContent = shown(debit);
        box.querySelector("[data-sum=credit]").textContent = shown(credit);
        box.querySelector("[data-sum=difference]").textContent = shown(difference);
        box.classList.toggle("is-balanced", difference === 0n && debit !== 0n);
        box.classList.toggle("is-unbalanced", difference !== 0n);
        box.querySelector("[data-says]").textContent =
            difference !== 0n ? box.dataset.unbalanced : debit !== 0n ? box.dataset.balanced : "";
    }

    document.addEventListener("DOMContentLoaded", () => {
        const box = document.getElementById("voucher-sum");
        if (!box || !document.querySelector("input[name='rows-TOTAL_FORMS']")) {
            return;
        }
        for (const event of ["input", "change", "click", "formset:added", "formset:removed"]) {
            document.addEventListener(event, () => window.requestAnimationFrame(() => show(box)));
        }
        show(box);
    });
})();
