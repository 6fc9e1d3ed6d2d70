"""What was found odd about an invoice, as the page tells it."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from inbox.models import IncomingInvoice
from inbox.rules import BANK_ACCOUNT_DIFFERS, INTAKE
from ledger.importing.messages import restored

ORDER = ("error", "warning", "note")
# Said beside the fields, more plainly
SAID_OTHERWISE = {"bank_account_changed", "bank_account_new"}
ICONS = {"error": "error", "warning": "warning", "note": "info"}


@dataclasses.dataclass(frozen=True)
class Told:
    """A finding: its rule, the field and the value by their own names, and what it means."""

    severity: str
    rule: str
    field: str
    value: str
    text: str

    @property
    def icon(self) -> str:
        """A sign, so that the colour isn't all that tells."""
        return ICONS.get(self.severity, "info")

    @property
    def is_of_document(self) -> bool:
        """Whether it is a rule of documents, which has a name elsewhere; ours about registers have none to look up."""
        return self.rule not in INTAKE

    @property
    def word(self) -> str:
        """The sign in a word."""
        return {"error": _("Error"), "warning": _("Warning")}.get(self.severity, pgettext("finding", "Note"))


def told(incoming: IncomingInvoice) -> list[Told]:
    """Return the findings, the grave ones first."""
    found = [_told(one) for one in _listed(incoming)]
    return sorted(found, key=lambda one: ORDER.index(one.severity) if one.severity in ORDER else len(ORDER))


def count(incoming: IncomingInvoice, severity: str) -> int:
    """How many findings of a kind there are, but for the suspected account, which the list names."""
    counted = (one for one in _listed(incoming) if one.get("rule") != BANK_ACCOUNT_DIFFERS)
    return sum(1 for one in counted if one.get("severity") == severity)


def suspected_account(incoming: IncomingInvoice) -> tuple[str, str] | None:
    """Whose account it isn't, of those whom the invoice may be of, and how grave that is."""
    for one in _listed(incoming):
        if one.get("rule") == BANK_ACCOUNT_DIFFERS:
            return str(one.get("value") or ""), str(one.get("severity"))
    return None


def _listed(incoming: IncomingInvoice) -> list[Mapping[str, Any]]:
    found = [one for one in incoming.findings if isinstance(one, Mapping)]
    return [one for one in found if one.get("rule") not in SAID_OTHERWISE]


def _told(kept: Mapping[str, Any]) -> Told:
    message = kept.get("message") or ""
    text = str(restored(message)) if isinstance(message, Mapping) else str(message)
    severity, rule = str(kept.get("severity") or "note"), str(kept.get("rule") or "")
    return Told(severity, rule, str(kept.get("field") or kept.get("path") or ""), str(kept.get("value") or ""), text)
