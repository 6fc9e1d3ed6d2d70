"""What the head of a message says of it, as data."""

from inbox.reading.fields import Fields
from inbox.reading.results import Address, Headers, MessageKind

ROBOTS = ("mailer-daemon@", "postmaster@", "mailerdaemon@")
AWAY = (
    "automatic reply",
    "auto reply",
    "autoreply",
    "out of office",
    "autosvar",
    "automatiskt svar",
    "frånvaro",
    "fravær",
    "automatisk svar",
    "automatiskt meddelande: frånvaro",
)


def headers_of(fields: Fields) -> Headers:
    """The head of a message as it is kept."""
    return_path = None
    if fields.has("return-path"):
        found = fields.addresses("return-path")
        return_path = found[0].address if found else ""
    return Headers(
        message_id=fields.identifier("message-id"),
        subject=fields.text("subject"),
        sender=_first(fields, "from") or _first(fields, "sender"),
        recipients=(*fields.addresses("to"), *fields.addresses("cc")),
        reply_to=_first(fields, "reply-to"),
        date=fields.date(),
        in_reply_to=fields.identifier("in-reply-to"),
        return_path=return_path,
        kind=kind_of(fields, return_path),
    )


def kind_of(fields: Fields, return_path: str | None) -> MessageKind:
    """Who speaks: a person, or which kind of robot."""
    submitted = fields.word("auto-submitted")
    if _is_bounce(fields, return_path):
        return "bounce"
    if _is_away(fields, submitted):
        return "out_of_office"
    if submitted and submitted != "no":
        return "automatic"
    if fields.has("list-id") or fields.word("precedence") in {"bulk", "list", "junk"}:
        return "bulk"
    return "message"


def _is_bounce(fields: Fields, return_path: str | None) -> bool:
    if fields.word("content-type") == "multipart/report":
        return fields.parameters("content-type").get("report-type", "").lower() != "feedback-report"
    sender = _first(fields, "from")
    robot = sender is not None and sender.address.lower().startswith(ROBOTS)
    return fields.has("x-failed-recipients") or (robot and return_path in {"", None})


def _is_away(fields: Fields, submitted: str) -> bool:
    marked = fields.has("x-autoreply") or fields.has("x-autorespond") or fields.word("precedence") == "auto_reply"
    return submitted == "auto-replied" or marked or fields.text("subject").lower().startswith(AWAY)


def _first(fields: Fields, name: str) -> Address | None:
    found = fields.addresses(name)
    return found[0] if found else None
