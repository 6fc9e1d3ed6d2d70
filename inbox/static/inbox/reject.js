// The reply follows the reason and the language until somebody writes in it.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("[data-reject]");
    const reply = form && form.querySelector("[data-reply]");
    if (!reply) return;
    const templates = JSON.parse(document.getElementById("reply-templates").textContent);
    const mark = form.dataset.reason;
    const field = (name) => form.querySelector(`[name=${name}]`);
    const [reason, language, subject, text, replies] = ["reason", "language", "subject", "text", "replies"].map(field);
    const isProposed = Object.values(templates).some(([, proposed]) => proposed === text.value.replace(/\r\n/g, "\n"));
    let ownText = !isProposed;
    let ownSubject = !Object.values(templates).some(([proposed]) => proposed === subject.value);

    function follow() {
        const [proposedSubject, proposedText] = templates[language.value];
        if (!ownSubject) subject.value = proposedSubject;
        if (!ownText) text.value = reason.value ? proposedText.replace(mark, () => reason.value) : proposedText;
        reply.disabled = !replies.checked;
    }
    text.addEventListener("input", () => { ownText = true; });
    subject.addEventListener("input", () => { ownSubject = true; });
    for (const one of [reason, language, replies]) {
        one.addEventListener("input", follow);
        one.addEventListener("change", follow);
    }
    follow();
    reason.focus();
});
