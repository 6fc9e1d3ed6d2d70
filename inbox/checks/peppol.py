"""What Peppol BIS Billing 3 asks for beyond the European standard, as far as it matters to whoever pays."""

from collections.abc import Iterator

from inbox.checks.rules import warning
from inbox.formats.findings import Finding
from inbox.formats.invoice import Invoice
from ledger.importing.messages import message as _


def findings(invoice: Invoice) -> Iterator[Finding]:
    """What Peppol misses."""
    if invoice.format != "peppol_bis3":
        return
    if not invoice.buyer_reference and not invoice.order_reference:
        told = _("Neither a buyer reference nor an order number is stated.")
        yield warning("PEPPOL-EN16931-R003", "buyer_reference", "", told)
    if invoice.tax_currency and invoice.tax_currency == invoice.currency:
        told = _("The VAT's currency is stated, but is the invoice's.")
        yield warning("PEPPOL-EN16931-R005", "tax_currency", invoice.tax_currency, told)
    address_missing = _("The electronic address (Peppol) is missing.")
    if not invoice.buyer.endpoint:
        yield warning("PEPPOL-EN16931-R010", "buyer.endpoint", "", address_missing)
    if not invoice.seller.endpoint:
        yield warning("PEPPOL-EN16931-R020", "seller.endpoint", "", address_missing)
    vat, other = invoice.totals.vat, invoice.totals.vat_in_tax_currency
    if vat and other and (vat < 0) != (other < 0):
        told = _("The VAT has another sign in its own currency than in the invoice's.")
        yield warning("PEPPOL-EN16931-R055", "totals.vat_in_tax_currency", other, told)
