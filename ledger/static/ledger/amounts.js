// Amounts as accountants write them, counted in hundredths, as whole numbers, so that nothing is rounded.
"use strict";
window.amounts = (() => {
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

    return { hundredths, shown };
})();
