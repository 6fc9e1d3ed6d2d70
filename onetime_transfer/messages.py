"""What whoever asked for a transfer is told, on whatever page they are, and later if they are away."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from information_types import registry
from notices import kinds
from notices.kinds import Words
from notices.models import Notice
from notices.services import tell
from onetime_transfer.models import Transfer

DONE, FAILED, PAUSED, CANCELLED = (f"transfer_{state}" for state in ("done", "failed", "paused", "cancelled"))


def tell_of_end(transfer: Transfer) -> None:
    """Tell whoever asked for it that it is done, or has failed."""
    if transfer.status == Transfer.Status.DONE:
        _tell(transfer, DONE, Notice.Level.SUCCESS)
    else:
        _tell(transfer, FAILED, Notice.Level.ERROR, error=transfer.error)


def tell_of_others_doing(transfer: Transfer, *, by: User | None) -> None:
    """Tell whoever asked for it that somebody else has paused or cancelled it."""
    if by is not None and by != transfer.requested_by:
        kind = PAUSED if transfer.status == Transfer.Status.PAUSED else CANCELLED
        _tell(transfer, kind, Notice.Level.WARNING, by=by.get_username())


def register() -> None:
    """Make the kinds known."""
    kinds.register(DONE, lambda said: Words(_("The transfer is done"), _outcome(said)))
    kinds.register(FAILED, lambda said: Words(_("The transfer has failed"), f"{_what(said)}. {said['error']}"))
    kinds.register(PAUSED, lambda said: Words(_("%(by)s has paused your transfer") % said, _what(said)))
    kinds.register(CANCELLED, lambda said: Words(_("%(by)s has cancelled your transfer") % said, _what(said)))


def _tell(transfer: Transfer, kind: str, level: Notice.Level, **more: Any) -> None:
    if transfer.requested_by is None:
        return
    tell(
        user=transfer.requested_by,
        kind=kind,
        parameters={
            "subscription": transfer.subscription.integration_id,
            "type": transfer.type.name,
            "rows": transfer.rows_done,
            "companies": sum(1 for *_company, rows in transfer.counts if rows),
            **more,
        },
        url=reverse("admin:onetime_transfer_transfer_change", args=[transfer.pk]),
        level=level,
    )


def _what(said: Mapping[str, Any]) -> str:
    return f"{said['subscription']}: {registry.get(said['type']).label}"


def _outcome(said: Mapping[str, Any]) -> str:
    rows, companies = said["rows"], said["companies"]
    if not rows:
        return _("%(what)s. There was nothing to transfer") % {"what": _what(said)}
    shown = number_format(rows, force_grouping=True)
    parts = {
        "what": _what(said),
        "rows": ngettext("%(shown)s row", "%(shown)s rows", rows) % {"shown": shown},
        "companies": ngettext("from one company", "from %(count)s companies", companies)
        % {"count": number_format(companies, force_grouping=True)},
    }
    return _("%(what)s, %(rows)s %(companies)s") % parts
