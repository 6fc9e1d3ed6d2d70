// Companies: searched while typing, chosen one by one or all that were found, pasted as numbers. What is chosen stands in
// a text field as numbers, and as chips of which only some are drawn.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    for (const place of document.querySelectorAll("[data-picker]")) {
        const chips = 60;
        const pause = 200;
        const field = place.querySelector("textarea");
        const [chosen, says] = [...place.querySelectorAll("script[type='application/json']")].map((data) => JSON.parse(data.textContent));
        const part = (name) => place.querySelector(`[data-${name}]`);
        const [search, found, all, clear, more] = ["search", "found", "choose-all", "clear", "more"].map(part);
        const list = found.querySelector("ul");
        const names = new Map(chosen);
        const grouped = new Intl.NumberFormat(document.documentElement.lang);
        const text = ([one, many], count) => (count === 1 ? one : many).replace("%s", grouped.format(count));
        let shown = chips;
        let at = -1;
        let asked = 0;
        let timer = 0;
        let quiet = false;

        const ask = async (fields) => {
            const body = new FormData();
            Object.entries(fields).forEach(([name, value]) => body.append(name, value));
            const office = place.closest("form")?.querySelector("[name=office]")?.value;
            if (office) {
                body.append("office", office);
            }
            const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
            try {
                const answer = await fetch(place.dataset.url, { method: "POST", body, headers: { "X-CSRFToken": token } });
                return answer.ok ? await answer.json() : null;
            } catch {
                return null;
            }
        };
        const focusQuietly = () => {
            quiet = true;
            search.focus();
            quiet = false;
        };
        const say = (message) => {
            part("says").textContent = message;
        };

        // What is chosen

        const chip = ([number, name]) => {
            const item = document.createElement("li");
            item.classList.toggle("is-unknown", !name);
            const label = document.createElement("span");
            const strong = document.createElement("strong");
            strong.textContent = number;
            label.append(strong, ` ${name || says.unknown}`);
            const button = document.createElement("button");
            button.type = "button";
            button.dataset.number = number;
            button.setAttribute("aria-label", says.remove.replace("%(company)s", `${number} ${name}`));
            button.textContent = "×";
            item.append(label, button);
            return item;
        };
        const draw = () => {
            const drawn = [...names].slice(0, shown).map(chip);
            part("chips").replaceChildren(...drawn);
            part("total").textContent = names.size ? text(says.chosen, names.size) : says.none;
            clear.hidden = !names.size;
            more.hidden = names.size <= shown;
            more.textContent = text(says.more, Math.min(names.size - shown, 10 * chips));
        };
        const changed = () => {
            field.value = [...names.keys()].join(" ");
            draw();
            for (const option of list.children) {
                option.setAttribute("aria-selected", String(names.has(option.dataset.number)));
            }
            field.dispatchEvent(new Event("input", { bubbles: true }));
        };
        // The newest stand first, where one looks for them.
        const add = (companies) => {
            const fresh = companies.filter(([number]) => !names.has(number));
            const before = [...names];
            names.clear();
            [...fresh, ...before].forEach(([number, name]) => names.set(number, name));
            changed();
            return fresh.length;
        };
        const toggle = (option) => {
            const { number, name } = option.dataset;
            if (names.has(number)) {
                names.delete(number);
                changed();
            } else {
                add([[number, name]]);
            }
        };

        // What is found

        const mark = (index) => {
            at = Math.max(-1, Math.min(index, list.children.length - 1));
            [...list.children].forEach((option, place) => option.classList.toggle("is-at", place === at));
            const option = list.children[at];
            if (option) {
                search.setAttribute("aria-activedescendant", option.id);
                option.scrollIntoView({ block: "nearest" });
            } else {
                search.removeAttribute("aria-activedescendant");
            }
        };
        const close = () => {
            found.hidden = true;
            search.setAttribute("aria-expanded", "false");
            mark(-1);
        };
        const open = ({ found: companies, count }) => {
            const options = companies.map(([number, name], place) => {
                const option = document.createElement("li");
                option.id = `${list.id}_${place}`;
                option.role = "option";
                option.dataset.number = number;
                option.dataset.name = name;
                option.setAttribute("aria-selected", String(names.has(number)));
                const strong = document.createElement("strong");
                strong.textContent = number;
                option.append(strong, ` ${name}`);
                return option;
            });
            list.replaceChildren(...options);
            part("count").textContent = count ? text(says.found, count) : says.nothing;
            all.textContent = text(says.chooseAll, count);
            all.hidden = count < 2;
            found.hidden = false;
            search.setAttribute("aria-expanded", "true");
            mark(-1);
        };
        const look = async () => {
            const mine = (asked += 1);
            const answer = await ask({ q: search.value });
            if (mine !== asked || !place.contains(document.activeElement)) {
                return;
            }
            if (answer) {
                open(answer);
            } else {
                say(says.failed);
            }
        };
        const take = async (fields) => {
            const answer = await ask(fields);
            if (!answer) {
                say(says.failed);
                return;
            }
            const count = add(answer.found);
            say([text(says.added, count), answer.says].filter(Boolean).join(" "));
            search.value = "";
            close();
            focusQuietly();
        };

        // Typing here changes nothing of the form: whatever watches its fields is not told.
        place.addEventListener("input", (event) => {
            if (event.target === search) {
                event.stopPropagation();
                clearTimeout(timer);
                timer = setTimeout(look, pause);
            }
        }, true);
        search.addEventListener("focus", () => {
            if (!quiet) {
                look();
            }
        });
        search.addEventListener("click", () => {
            if (found.hidden) {
                look();
            }
        });
        search.addEventListener("paste", (event) => {
            const pasted = event.clipboardData.getData("text").trim();
            if (/[\s,;]/.test(pasted) && /\d/.test(pasted)) {
                event.preventDefault();
                take({ numbers: pasted });
            }
        });
        search.addEventListener("keydown", (event) => {
            const { key } = event;
            if (key === "ArrowDown" || key === "ArrowUp") {
                event.preventDefault();
                if (found.hidden) {
                    look();
                } else {
                    mark(at + (key === "ArrowDown" ? 1 : -1));
                }
            } else if (key === "Enter") {
                event.preventDefault();
                const option = list.children[at] || (list.children.length === 1 ? list.children[0] : null);
                if (!found.hidden && option) {
                    toggle(option);
                }
            } else if (key === "Escape" && !found.hidden) {
                event.stopPropagation();
                close();
            }
        });
        list.addEventListener("mousedown", (event) => event.preventDefault());
        list.addEventListener("click", (event) => {
            const option = event.target.closest("[role=option]");
            if (option) {
                toggle(option);
            }
        });
        all.addEventListener("click", () => take({ q: search.value, all: 1 }));
        place.addEventListener("focusout", (event) => {
            const { relatedTarget: next } = event;
            if (next !== search && !found.contains(next)) {
                close();
            }
        });
        part("chips").addEventListener("click", (event) => {
            const button = event.target.closest("button");
            if (button) {
                const index = [...part("chips").children].indexOf(button.closest("li"));
                names.delete(button.dataset.number);
                changed();
                const left = part("chips").children;
                const next = left[Math.min(index, left.length - 1)];
                if (next) {
                    next.querySelector("button").focus();
                } else {
                    focusQuietly();
                }
            }
        });
        clear.addEventListener("click", () => {
            names.clear();
            changed();
            focusQuietly();
        });
        more.addEventListener("click", () => {
            shown += 10 * chips;
            draw();
        });

        field.hidden = true;
        field.removeAttribute("id");
        search.id = place.dataset.field;
        part("picker-page").hidden = false;
        draw();
    }
});
