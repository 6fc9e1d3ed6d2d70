"""Peppol's rules for Norwegian suppliers, NO-R-001 and NO-R-002: both warnings here.

Source: the validation artefacts of Peppol BIS Billing 3.
"""

import re
from collections.abc import Iterator

from stdnum.no import orgnr

from inbox.checks.rules import note, warning
from inbox.formats.findings import Finding
from inbox.formats.invoice import Invoice
from ledger.importing.messages import message as _

REGISTER = "Foretaksregisteret"
_VAT = re.compile(r"NO([0-9]{9})MVA")


def findings(invoice: Invoice) -> Iterator[Finding]:
    """What a Norwegian supplier should have written otherwise."""
    seller = invoice.seller
    if _country(invoice) != "NO" or invoice.format == "svefaktura":
        return
    if seller.vat_number[:2] == "NO":
        found = _VAT.fullmatch(seller.vat_number)
        if not (found and orgnr.is_valid(found[1])):
            told = _("A Norwegian VAT number is NO, a valid organisation number and MVA.")
            yield warning("NO-R-001", "seller.vat_number", seller.vat_number, told)
    if seller.tax_registration != REGISTER:
        told = _("Norwegian limited companies write “Foretaksregisteret” on their invoices.")
        yield note("NO-R-002", "seller.tax_registration", seller.tax_registration, told)


def _country(invoice: Invoice) -> str:
    """The supplier's country as the rules see it: by VAT number, else by address."""
    representative = invoice.tax_representative
    numbers = (invoice.seller.vat_number, representative.vat_number if representative else "")
    return next((number[:2].upper() for number in numbers if number), invoice.seller.address.country)
