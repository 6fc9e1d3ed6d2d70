// A conflict's page: all of one side at once, rows that are added, and the sums of what is chosen.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("[data-conflict]");
    if (!form) {
        return;
    }
    const { hundredths, shown } = window.amounts;
    const box = document.getElementById("conflict-sum");
    const added = document.getElementById("new-rows");

    function typed(container) {
        const value = (name) => hundredths(container.querySelector(`input[name$='-${name}']`)?.value ?? "");
        return value("debit") - value("credit");
    }

    function ofRow(row) {
        const side = row.querySelector("input[type=radio]:checked")?.value;
        const { mine, theirs } = row.dataset;
        switch (side) {
            case "mine":
                return [mine];
            case "theirs":
                return [theirs];
            case "both":
                return [mine, theirs];
            case "other":
                return [typed(row)];
            case "none":
                return [];
            default:
                return null;
        }
    }

    function show() {
        let debit = 0n;
        let credit = 0n;
        let isOpen = false;
        const amounts = [...form.querySelectorAll("[data-kept]")].map((row) => row.dataset.kept);
        for (const row of form.querySelectorAll("[data-row]")) {
            const found = ofRow(row);
            isOpen ||= found === null;
            amounts.push(...(found ?? []));
        }
        for (const row of form.querySelectorAll("[data-new-row]")) {
            amounts.push(typed(row));
        }
        for (const amount of amounts.map((one) => BigInt(one || 0))) {
            if (amount > 0n) {
                debit += amount;
            } else {
                credit -= amount;
            }
        }
        const difference = debit - credit;
        box.querySelector("[data-sum=debit]").textContent = shown(debit);
        box.querySelector("[data-sum=credit]").textContent = shown(credit);
        box.querySelector("[data-sum=difference]").textContent = shown(difference);
        box.classList.toggle("is-balanced", !isOpen && difference === 0n);
        box.classList.toggle("is-unbalanced", !isOpen && difference !== 0n);
        const { open, balanced, unbalanced } = box.dataset;
        box.querySelector("[data-says]").textContent = isOpen ? open : difference === 0n ? balanced : unbalanced;
    }

    function changed() {
        if (box) {
            box.hidden = false;
            show();
        }
    }

    function addRow() {
        const template = document.getElementById("new-row").innerHTML;
        const number = added.dataset.next;
        added.dataset.next = String(Number(number) + 1);
        added.insertAdjacentHTML("beforeend", template.replaceAll("NUMBER", number));
        added.lastElementChild.querySelector("input").focus();
    }

    form.addEventListener("click", (event) => {
        const button = event.target.closest("button[type=button]");
        if (button?.dataset.all) {
            for (const radio of form.querySelectorAll(`input[type=radio][value=${button.dataset.all}]`)) {
                radio.checked = true;
            }
        } else if (button && "addRow" in button.dataset) {
            addRow();
        } else if (button && "removeRow" in button.dataset) {
            button.closest("[data-new-row]").remove();
            form.querySelector("[data-add-row]").focus();
        }
        changed();
    });
    // Whoever types another value means it.
    form.addEventListener("input", (event) => {
        const other = event.target.closest(".other-fields")?.closest("td").querySelector("input[value=other]");
        if (other) {
            other.checked = true;
        }
        changed();
    });
    changed();
});
