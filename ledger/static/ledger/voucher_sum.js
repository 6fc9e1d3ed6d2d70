// The sums of a voucher while it is typed.
"use strict";
(() => {
    const { hundredths, shown } = window.amounts;

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
