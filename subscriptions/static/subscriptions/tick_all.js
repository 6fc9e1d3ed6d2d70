// One box that ticks all the others, and shows whether they are.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    for (const place of document.querySelectorAll("[data-tick-all]")) {
        const all = place.querySelector("[data-all]");
        const boxes = [...place.querySelectorAll("input[type=checkbox][name]")];
        const show = () => {
            const ticked = boxes.filter((box) => box.checked).length;
            all.checked = ticked === boxes.length;
            all.indeterminate = ticked > 0 && ticked < boxes.length;
        };
        all.addEventListener("change", () => {
            for (const box of boxes) {
                box.checked = all.checked;
            }
        });
        place.addEventListener("change", show);
        show();
    }
});
