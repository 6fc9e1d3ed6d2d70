// A column's heading ticks all boxes below it in its group, or clears them if all are ticked.
"use strict";
document.addEventListener("click", (event) => {
    const heading = event.target.closest("[data-rights] button[data-column]");
    if (heading === null) {
        return;
    }
    const place = Number(heading.dataset.column) + 2;
    const lines = heading.closest("table").querySelectorAll("tbody tr:not(.rights-other)");
    const boxes = [...lines].map((line) => line.querySelector(`:scope > :nth-child(${place}) input`)).filter((box) => box && !box.disabled);
    const tick = boxes.some((box) => !box.checked);
    for (const box of boxes) {
        box.checked = tick;
    }
    boxes[0]?.dispatchEvent(new Event("change", {bubbles: true}));
});
