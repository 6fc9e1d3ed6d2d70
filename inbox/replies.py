"""Answers to senders of invoices: written when an invoice is rejected, sent after that is committed.

Nobody answers a robot: what has the null sender, says that it was sent automatically, or names an address that reads
nothing, is told to the person instead.
"""

import contextlib
import dataclasses
import re
from datetime import date

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from access.language import language_of
from inbox import storage
from inbox.exceptions import NothingToReply
from inbox.models import IncomingInvoice, Mail, Reply
from notices.letters import Post, is_free, reach_people

SEND = "inbox.tasks.send_reply"
REASON = "{reason}"
HEAD = 64 * 1024
ROBOTS = re.compile(
    rb"^(auto-submitted:[ \t]*(?!no\b)\S|precedence:[ \t]*(bulk|junk|list|auto)|list-id:|x-auto-response-suppress:)",
    re.IGNORECASE | re.MULTILINE,
)
UNREAD = re.compile(
    r"(.*[._+-])?(no-?reply|do-?not-?reply|donotreply|noreply|ikke-?svar|svara-?ej|mailer-daemon|postmaster|bounces?)"
    r"([._+-].*)?",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"<([^<>]+)>\s*$")
LONGEST_SUBJECT = 200
LANGUAGES = ("sv", "nb", "en")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Letter:
    """An answer as a person has approved it."""

    address: str
    subject: str
    text: str


class ReplyPost(Post[Reply]):
    """Sends them as the plain texts that they are, in the thread of what they answer."""

    def compose(self, letter: Reply) -> EmailMultiAlternatives:
        """The letter as it was written."""
        content = letter.content
        headers = {"Message-ID": self.message_id(letter), "Auto-Submitted": "auto-replied"}
        if content.get("answers"):
            headers |= {"In-Reply-To": content["answers"], "References": content["answers"]}
        return EmailMultiAlternatives(
            subject=one_line(content["subject"])[:LONGEST_SUBJECT],
            body=content["text"],
            to=[letter.address],
            reply_to=[content["reply_to"]] if content.get("reply_to") else None,
            headers=headers,
        )

    def send(self, letter: int) -> None:
        """Send one, and say at its invoice that it was."""
        super().send(letter)
        sent = Reply.objects.filter(pk=letter, sent_at__isnull=False).values_list("incoming", "sent_at").first()
        if sent is not None:
            IncomingInvoice.objects.filter(pk=sent[0]).update(replied_at=sent[1])


post = ReplyPost(letters=Reply, task=SEND, language=language_of, name="utkorg.invoice")


def address_of(mail: Mail) -> str:
    """Return the address that an answer goes to; empty for a sender that can't be answered, or mustn't."""
    if not reach_people() or mail.source in {Mail.Source.API, Mail.Source.UPLOAD}:
        return ""
    if mail.source == Mail.Source.SMTP and not mail.envelope_sender:
        return ""
    written = mail.reply_to or mail.sender or mail.envelope_sender
    found = ADDRESS.search(written)
    address = (found[1] if found else written).strip()
    return address if is_answerable(address) and not _is_by_robot(mail) else ""


def is_answerable(address: str) -> bool:
    """Tell whether a person may read what is sent to an address; nobody does at our own."""
    try:
        validate_email(address)
    except ValidationError:
        return False
    name, _at, domain = address.rpartition("@")
    return not UNREAD.fullmatch(name) and domain.lower().rstrip(".") != settings.UTKORG_MAIL_DOMAIN.lower()


def language_for(incoming: IncomingInvoice) -> str:
    """Propose the language of the seller's country; where no country is said, of the books."""
    address = ((incoming.content or {}).get("seller") or {}).get("address") or {}
    country = str(address.get("country") or "").upper()
    by_country = {"SE": "sv", "NO": "nb"}
    if country:
        return by_country.get(country, "en")
    return {"SEK": "sv", "NOK": "nb"}.get(incoming.company.currency, "en")


def proposed(incoming: IncomingInvoice, language: str) -> tuple[str, str]:
    """Return a subject and a text in one of the languages; the reason stands where `REASON` is."""
    with translation.override(language):
        day: date = timezone.localtime(incoming.received_at).date()
        facts = {
            "number": incoming.invoice_number or "–",
            "company": incoming.company.name,
            "day": date_format(day, "SHORT_DATE_FORMAT"),
        }
        subject = _("Invoice %(number)s to %(company)s is rejected") % facts
        if incoming.mail.subject:
            subject = f"Re: {re.sub(r'^(re|sv|vs): *', '', incoming.mail.subject, flags=re.IGNORECASE)}"
        text = _(
            "Hello,\n\n"
            "Your invoice %(number)s to %(company)s, which came on %(day)s, is rejected and will not be paid.\n\n"
            "Reason: {reason}\n\n"
            "Please send a corrected invoice to the same address.\n\n"
            "Kind regards,\n%(company)s"
        )
        return one_line(subject)[:LONGEST_SUBJECT], text % facts


def write(*, incoming: IncomingInvoice, letter: Letter, user: User | None) -> Reply:
    """Write an answer within the transaction of the rejection; it is sent after its commit.

    Raises `NothingToReply` for an address that isn't to be written to.
    """
    if not is_answerable(letter.address):
        raise NothingToReply
    message_id = one_line(incoming.mail.message_id).strip("<> ")
    reply = Reply.objects.create(
        incoming=incoming,
        user=user,
        address=letter.address,
        content={
            "subject": one_line(letter.subject)[:LONGEST_SUBJECT],
            "text": letter.text,
            "answers": f"<{message_id}>" if message_id else "",
            "reply_to": (user.email if user else "") or "",
        },
    )
    transaction.on_commit(lambda: post.enqueue(reply.pk), robust=True)
    return reply


def withdraw(*, incoming: IncomingInvoice) -> None:
    """Take back what nobody has begun to send."""
    Reply.objects.filter(is_free(timezone.now()), incoming=incoming, sent_at=None).delete()


def one_line(text: str) -> str:
    """A text without line breaks and other control characters, as a header of a letter takes it."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())


def _is_by_robot(mail: Mail) -> bool:
    """Whether the message says that no person sent it. Source: RFC 3834, section 5."""
    head = b""
    with contextlib.suppress(OSError, ValueError):
        head = storage.content_of(mail.digest)[:HEAD]
    head = head.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    return ROBOTS.search(head) is not None
