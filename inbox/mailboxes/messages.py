"""What superusers are told of mailboxes, once each time."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from inbox.models import MailboxPosition
from notices import kinds
from notices.kinds import Words
from notices.models import Notice
from notices.services import tell

TOO_LARGE, FAILING, UNMARKED = "mailbox_message_too_large", "mailbox_failing", "mailbox_unmarked"


def register() -> None:
    """Make the kinds of messages known."""
    kinds.register(TOO_LARGE, _too_large)
    kinds.register(FAILING, _failing)
    kinds.register(UNMARKED, _unmarked)


def tell_too_large(*, mailbox: str, size: int) -> None:
    """A message stays in its mailbox."""
    _tell(TOO_LARGE, mailbox=mailbox, size=size)


def tell_unmarked(*, mailbox: str, folder: str, reason: str) -> None:
    """What is stored can't be moved to a folder, or marked where there is none: told once until it is read."""
    unread = Notice.objects.unread().filter(kind=UNMARKED, parameters__mailbox=mailbox)
    if not unread.exists():
        _tell(UNMARKED, mailbox=mailbox, folder=folder, reason=reason)


def note_failure(*, mailbox: str, reason: str) -> None:
    """A mailbox can't be read: told the first time, and then not before it could be read again."""
    if MailboxPosition.objects.filter(mailbox=mailbox, failing_since=None).update(failing_since=timezone.now()):
        _tell(FAILING, mailbox=mailbox, reason=reason)


def note_success(*, mailbox: str) -> None:
    """A mailbox is read again."""
    MailboxPosition.objects.filter(mailbox=mailbox, failing_since__isnull=False).update(failing_since=None)


def _tell(kind: str, **parameters: Any) -> None:
    for user in User.objects.filter(is_superuser=True, is_active=True):
        tell(user=user, kind=kind, parameters=parameters, level=Notice.Level.WARNING)


def _too_large(parameters: Mapping[str, Any]) -> Words:
    detail = _("It is %(size)s large and stays in the mailbox, unread by Utkorg. Its sender was told nothing.")
    return Words(
        _("A message in %(mailbox)s is too large") % {"mailbox": parameters["mailbox"]},
        detail % {"size": filesizeformat(parameters["size"])},
    )


def _unmarked(parameters: Mapping[str, Any]) -> Words:
    title = (
        _("Messages in %(mailbox)s can't be moved to %(folder)s")
        if parameters["folder"]
        else _("Messages in %(mailbox)s can't be marked as read")
    )
    detail = _("They are taken in as before, each once, and stay where they are. The server's reason: %(reason)s")
    return Words(title % parameters, detail % parameters)


def _failing(parameters: Mapping[str, Any]) -> Words:
    return Words(
        _("The mailbox %(mailbox)s can't be read") % {"mailbox": parameters["mailbox"]},
        _("It is tried again and again. The reason: %(reason)s") % {"reason": parameters["reason"]},
    )
