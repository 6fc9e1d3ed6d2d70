"""What people call an invoice that came, how far it has got, and what is odd about it."""

from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from history.models import Change
from inbox import handling
from inbox.accounts import Difference, account_of, accounts_of, compare
from inbox.admin import findings
from inbox.models import IncomingInvoice
from ledger.models import SupplierInvoice

State = IncomingInvoice.State
Status = SupplierInvoice.Status
TO_ENTER, DUPLICATE = "to_enter", "duplicate"
LABELS = {
    TO_ENTER: "warning",
    Status.RECEIVED: "info",
    Status.REGISTERED: "info",
    Status.APPROVED: "success",
    Status.PAID: "success",
    Status.REJECTED: "danger",
    Status.CANCELLED: "danger",
    DUPLICATE: "default",
}
FOUND_BY = {
    "organisation_number": _("organisation number"),
    "vat_number": _("VAT number"),
    "vat": _("VAT number"),
    "bankgiro": _("bankgiro"),
    "plusgiro": _("plusgiro"),
    "iban": _("IBAN"),
    "endpoint": _("Peppol ID"),
    "peppol": _("Peppol ID"),
    "gln": _("GLN"),
    "email": _("e-mail address"),
}


def sender_of(incoming: IncomingInvoice) -> str:
    """The supplier, or else who sent it."""
    invoice = incoming.supplier_invoice
    return invoice.supplier.name if invoice and invoice.supplier else incoming.sender_name or gettext("Unknown sender")


def name_of(incoming: IncomingInvoice) -> str:
    """An invoice by its sender and number."""
    return f"{sender_of(incoming)} {incoming.invoice_number}".strip()


def standing_of(incoming: IncomingInvoice) -> str:
    """How far it has got, in one word."""
    if incoming.state == State.ENTERED:
        return incoming.supplier_invoice.status if incoming.supplier_invoice else TO_ENTER
    return str(incoming.state)


def word_of(incoming: IncomingInvoice) -> str:
    """The same as people call it."""
    standing = standing_of(incoming)
    words = {TO_ENTER: _("To enter"), DUPLICATE: _("Duplicate")}
    return str(words.get(standing) or capfirst(Status(standing).label))


def warnings_of(incoming: IncomingInvoice) -> list[tuple[str, str]]:
    """What is odd about one that isn't done with, in few words."""
    if not handling.is_waiting(incoming):
        return []
    found = []
    supplier = incoming.supplier_invoice.supplier if incoming.supplier_invoice else None
    account = account_of(incoming)
    if compare(accounts_of(incoming), supplier) == Difference.CHANGED and incoming.confirmed_account != account.plain:
        found.append(("bad", gettext("Changed bank account")))
    if supplier is None and (suspected := findings.suspected_account(incoming)) is not None:
        names, severity = suspected
        text = gettext("Changed bank account: %(suppliers)s") % {"suppliers": names}
        found.append(("bad" if severity == "error" else "warn", text))
    if errors := findings.count(incoming, "error"):
        found.append(("bad", ngettext("%(count)s error", "%(count)s errors", errors) % {"count": errors}))
    if warned := findings.count(incoming, "warning"):
        found.append(("warn", ngettext("%(count)s warning", "%(count)s warnings", warned) % {"count": warned}))
    return found


def told_change(entry: Change) -> str:
    """What was done, in a few words."""
    for field in ("status", "state"):
        pair = entry.changes.get(field)
        if pair:
            words = {TO_ENTER: _("To enter"), DUPLICATE: _("Duplicate"), "entered": _("Received")}
            return str(words.get(pair[1]) or capfirst(dict(Status.choices).get(pair[1], pair[1])))
    if "confirmed_account" in entry.changes:
        return gettext("Bank account confirmed")
    return gettext("Fields corrected")
