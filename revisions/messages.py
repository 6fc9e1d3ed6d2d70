"""What people are told when the database turns out to be an older one."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from access.models import Membership
from access.scope import may_everywhere
from notices import kinds
from notices.kinds import Words
from notices.models import Notice
from notices.services import tell
from revisions.models import Restoration

RESTORED = "database_restored"
NOT_WRITTEN_DOWN = "journal_failed"
VIEW = "subscriptions.view_subscription"


def register() -> None:
    """Make the kind known."""
    kinds.register(RESTORED, lambda said: Words(_("The database was restored from a backup"), _detail(said)))
    kinds.register(NOT_WRITTEN_DOWN, _words_of_gap)


def tell_of_restoration(restoration: Restoration) -> None:
    """Tell everybody who sees to the whole installation."""
    times = {"last": restoration.last_changed_at, "lost": restoration.lost_changed_at}
    parameters = {name: at.isoformat() if at else None for name, at in times.items()}
    for user in _overseers():
        tell(user=user, kind=RESTORED, parameters=parameters, url=reverse("restored"), level=Notice.Level.ERROR)


def tell_of_gap(*, reason: str) -> None:
    """Tell the same people that writes over REST aren't written down outside the database; once until they read it."""
    for user in _overseers():
        if not Notice.objects.unread().filter(user=user, kind=NOT_WRITTEN_DOWN).exists():
            tell(user=user, kind=NOT_WRITTEN_DOWN, parameters={"reason": reason}, level=Notice.Level.ERROR)


def _words_of_gap(said: Mapping[str, Any]) -> Words:
    detail = _(
        "They are done. But if the database had to be restored from a backup, nobody could take them in again. Who "
        "runs Utkorg has to see to the journal's folder: %(reason)s"
    )
    return Words(_("Writes over REST are not written down outside the database"), detail % said)


def what_is_gone(*, last: datetime | None, lost: datetime | None) -> str:
    """Which time's changes the database lacks, as far as it is known."""
    after, until = moment(last), moment(lost)
    if last and lost:
        return _("What was changed after %(after)s, until %(until)s, is gone.") % {"after": after, "until": until}
    if lost:
        return _("Everything that was changed until %(until)s is gone.") % {"until": until}
    if last:
        return _("What was changed after %(after)s may be gone.") % {"after": after}
    return _("Everything that was changed before may be gone.")


def moment(at: datetime | None) -> str:
    """A time to the second, as the reader's language writes it."""
    return date_format(timezone.localtime(at), "DATETIME_FORMAT") if at else ""


def _detail(said: Mapping[str, Any]) -> str:
    times = {name: datetime.fromisoformat(said[name]) if said[name] else None for name in ("last", "lost")}
    return what_is_gone(**times)


def _overseers() -> Iterator[User]:
    everywhere = Membership.objects.filter(office=None, company=None, ended_at=None).values("user")
    for user in User.objects.filter(Q(is_superuser=True) | Q(pk__in=everywhere), is_active=True):
        if may_everywhere(user, VIEW):
            yield user
