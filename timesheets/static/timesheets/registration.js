// A registration while it is typed: the hours follow from the clock, and the employee's name from the number.
"use strict";
(() => {
    const MINUTES = 60;
    const DAY = 24 * MINUTES;
    const form = document.getElementById("registration");
    const language = document.documentElement.lang || "en";
    const shown = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2, useGrouping: false });
    const field = (name) => form.elements.namedItem(name);

    function minutesOf(clock) {
        const found = /^(\d\d):(\d\d)/.exec(clock);
        return found ? Number(found[1]) * MINUTES + Number(found[2]) : null;
    }

    // The server computes by the same rule: timesheets/admin/registration_forms.py.
    function computed() {
        const [start, end] = [minutesOf(field("time_in").value), minutesOf(field("time_out").value)];
        if (start === null || end === null) {
            return null;
        }
        const [first, last] = [Date.parse(field("date_in").value), Date.parse(field("date_out").value)];
        const days = field("date_out").value ? Math.round((last - first) / 86400000) : end <= start ? 1 : 0;
        const minutes = days * DAY + end - start - (Number(field("break_minutes").value) || 0);
        return minutes > 0 ? Math.floor(minutes) / MINUTES : null;
    }

    function show(event) {
        const hours = computed();
        const text = form.querySelector("p[data-computed]");
        text.textContent = hours === null ? "" : text.dataset.text.replace("HOURS", shown.format(hours));
        const first = field("lines-0-quantity");
        const others = [...form.querySelectorAll("input[name$='-quantity']")].slice(1).some((one) => one.value.trim());
        // Only what the clock itself filled in, or nobody has: what somebody wrote stays.
        if (event && hours !== null && !others && (!first.value.trim() || first.dataset.computed === first.value)) {
            first.value = shown.format(hours);
            first.dataset.computed = first.value;
        }
    }

    function name() {
        const known = [...document.querySelectorAll("#known-employees option")];
        const found = known.find((one) => one.value === field("employee_id").value.trim());
        const employee = field("employee");
        if (found && (!employee.value.trim() || employee.dataset.known === employee.value)) {
            employee.value = found.getAttribute("label");
            employee.dataset.known = employee.value;
        }
    }

    if (form && !field("time_in").disabled) {
        for (const one of ["time_in", "time_out", "date_in", "date_out", "break_minutes"]) {
            field(one).addEventListener("input", show);
        }
        field("employee_id").addEventListener("input", name);
        show();
    }
})();
