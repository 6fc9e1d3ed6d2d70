"""What people call a message that came and what is known of it: a stranger's texts, as text alone."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from inbox import reasons
from inbox.models import Mail

Status = Mail.Status
LABELS = {
    Status.WAITING: "info",
    Status.READING: "info",
    Status.READ: "success",
    Status.QUARANTINED: "warning",
    Status.REMOVED: "default",
}
# What is released in bulk by nobody: each such message takes a page of its own, and a second yes
DANGEROUS = frozenset({reasons.VIRUS})
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def visible(text: str) -> str:
    """A text of a stranger's without what isn't seen, or turns round what is."""
    return UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def told_remark(remark: Any, names: Mapping[str, str]) -> str:
    """A remark on the message or on one of its files, which is named."""
    if not isinstance(remark, dict) or "code" not in remark:
        return visible(str(remark))
    place = remark.get("path") or ""
    text = reasons.told(remark)
    return visible(f"{names.get(place) or place}: {text}" if place else text)


def line_of(mail: Mail) -> str:
    """A message in one line."""
    sender = visible(mail.sender or mail.envelope_sender) or gettext("(no sender)")
    return f"{visible(mail.subject) or gettext('(no subject)')} – {sender}"


def is_dangerous(mail: Mail) -> bool:
    """Whether it means harm, as far as anybody knows."""
    return bool(mail.reason) and mail.reason.get("code") in DANGEROUS
