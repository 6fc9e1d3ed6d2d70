// Files dragged to the page, or chosen, are sent one after the other, each with its own bar. The form says where to
// (data-upload), where they are seen together (data-page), and what it asks for again then (data-under-way).
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("form[data-upload]");
    if (!form) {
        return;
    }
    const place = form.querySelector("[data-drop]");
    const field = place.querySelector("input[type=file]");
    const list = form.querySelector("[data-uploads]");
    const line = form.querySelector("[data-upload-line]");
    const texts = form.querySelector("[data-texts]").dataset;
    const limit = Number(form.dataset.limit) * 1024 * 1024;
    form.querySelector("[data-plain]").hidden = true;
    let isSending = false;

    function shown(file) {
        const item = line.content.cloneNode(true).querySelector("li");
        item.querySelector("[data-name]").textContent = file.name;
        item.querySelector("[role=progressbar]").setAttribute("aria-label", file.name);
        list.append(item);
        return {
            move(share) {
                const percent = Math.round(share * 100);
                item.querySelector("[data-state]").textContent = `${texts.sending} ${percent} %`;
                item.querySelector(".progress").setAttribute("aria-valuenow", percent);
                item.querySelector(".progress > div").style.width = `${percent}%`;
            },
            done() {
                item.querySelector("[data-state]").textContent = texts.sent;
            },
            fail(text) {
                item.classList.add("is-bad");
                item.querySelector("[data-state]").textContent = text;
            },
        };
    }

    function send(file, told) {
        return new Promise((resolve) => {
            const request = new XMLHttpRequest();
            const body = new FormData(form);
            body.set(field.name, file, file.name);
            request.upload.addEventListener("progress", (event) => {
                if (event.lengthComputable) {
                    told.move(event.loaded / event.total);
                }
            });
            const answered = () => {
                let answer = {};
                try {
                    answer = JSON.parse(request.responseText);
                } catch {
                    answer = {};
                }
                if (answer.url) {
                    told.done();
                } else {
                    told.fail(answer.error || texts.lost);
                }
                resolve(answer.url);
            };
            request.addEventListener("load", answered);
            request.addEventListener("error", answered);
            request.addEventListener("abort", answered);
            request.open("POST", form.dataset.upload);
            request.setRequestHeader("X-CSRFToken", form.elements.csrfmiddlewaretoken.value);
            request.send(body);
        });
    }

    async function readable(file) {
        try {
            await file.slice(0, 1).arrayBuffer();
            return true;
        } catch {
            return false;
        }
    }

    async function sendAll(files) {
        if (isSending || !files.length) {
            return;
        }
        isSending = true;
        list.hidden = false;
        list.replaceChildren();
        place.classList.add("has-file");
        const waiting = [...files].map((file) => [file, shown(file)]);
        const urls = [];
        let failed = 0;
        for (const [file, told] of waiting) {
            let url;
            if (file.size > limit) {
                told.fail(texts.large);
            } else if (!(await readable(file))) {
                told.fail(texts.read);
            } else {
                url = await send(file, told);
            }
            if (url) {
                urls.push(url);
            } else {
                failed += 1;
            }
        }
        isSending = false;
        field.value = "";
        place.classList.remove("has-file");
        if (!failed) {
            window.location.assign(urls.length === 1 ? urls[0] : form.dataset.page);
        } else if (urls.length && window.htmx) {
            window.htmx.ajax("GET", form.dataset.underWay, { target: "#under-way", swap: "outerHTML" });
        }
    }

    for (const event of ["dragenter", "dragover"]) {
        place.addEventListener(event, (drag) => {
            drag.preventDefault();
            place.classList.add("is-over");
        });
    }
    for (const event of ["dragleave", "drop"]) {
        place.addEventListener(event, () => place.classList.remove("is-over"));
    }
    // A file that misses the place would replace the page.
    for (const event of ["dragover", "drop"]) {
        window.addEventListener(event, (drag) => drag.preventDefault());
    }
    place.addEventListener("drop", (drop) => sendAll(drop.dataTransfer.files));
    field.addEventListener("change", () => sendAll(field.files));
    window.addEventListener("beforeunload", (leave) => {
        if (isSending) {
            leave.preventDefault();
        }
    });
});
