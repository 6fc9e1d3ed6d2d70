"""Real invoices and credit notes of other people's programs, against the README and against a plain look by XPath."""

import json
from decimal import Decimal

import pytest
from lxml import etree

from inbox.checks import check
from inbox.formats import Invoice, read_xml
from tests.inbox.invoices import SHIPPED, Known, content, each_known, known, test_sets

TOTALS = {
    "lines": "LineExtensionAmount",
    "allowances": "AllowanceTotalAmount",
    "charges": "ChargeTotalAmount",
    "without_vat": "TaxExclusiveAmount",
    "with_vat": "TaxInclusiveAmount",
    "prepaid": "PrepaidAmount",
    "rounding": "PayableRoundingAmount",
    "payable": "PayableAmount",
}


def test_all_seventeen_are_known_where_the_collection_is() -> None:
    assert len(known()) in {0, 17}


@each_known
def test_an_invoice_reads_as_the_readme_has_it(told: Known) -> None:
    invoice = read_xml(content(told.file))
    sign = -1 if told.kind == "CreditNote" else 1
    assert invoice.is_credit_note == (sign < 0)
    assert (invoice.payable, invoice.currency) == (sign * told.payable, told.currency)
    assert (len(invoice.lines), len(invoice.vat)) == (told.lines, told.groups)
    # The README leaves the exempt group (0 percent) of the four rates out of its brackets.
    assert {group.category for group in invoice.vat if group.rate or len(invoice.vat) < 4} == told.categories
    assert sum(attachment.is_enclosed for attachment in invoice.attachments) == told.attachments
    assert not invoice.remarks


@each_known
def test_an_invoice_reads_as_a_plain_look_finds_it(told: Known) -> None:
    invoice = read_xml(content(told.file))
    root = etree.fromstring(content(told.file))
    sign = -1 if invoice.is_credit_note else 1

    def texts(way: str) -> list[str]:
        steps = "/".join(f"*[local-name()='{name}']" for name in way.split("/"))
        return [str(text) for text in root.xpath(f"/*/{steps}/text()")]

    for name, element in TOTALS.items():
        amounts = [sign * Decimal(text) for text in texts(f"LegalMonetaryTotal/{element}")]
        assert getattr(invoice.totals, name) == (amounts[0] if amounts else None), name
    line = f"{told.kind}Line"
    assert [each.amount for each in invoice.lines] == [
        sign * Decimal(text) for text in texts(f"{line}/LineExtensionAmount")
    ]
    assert [each.name for each in invoice.lines] == [" ".join(text.split()) for text in texts(f"{line}/Item/Name")]
    assert [group.tax for group in invoice.vat] == [
        sign * Decimal(text) for text in texts("TaxTotal/TaxSubtotal/TaxAmount")
    ]
    assert invoice.number == texts("ID")[0]
    assert str(invoice.issue_date) == texts("IssueDate")[0]
    assert [str(invoice.due_date)] == (texts("DueDate") or texts("PaymentMeans/PaymentDueDate") or ["None"])
    assert [payment.account for payment in invoice.payments if payment.account] == texts(
        "PaymentMeans/PayeeFinancialAccount/ID"
    )
    assert invoice.seller.vat_number in texts("AccountingSupplierParty/Party/PartyTaxScheme/CompanyID") or [""]


@each_known
def test_nothing_of_a_real_invoice_is_wrong(told: Known) -> None:
    found = check(read_xml(content(told.file)))
    assert [finding for finding in found if finding.severity == "error"] == []


@each_known
def test_an_invoice_is_kept_as_json_without_loss(told: Known) -> None:
    invoice = read_xml(content(told.file))
    kept = json.loads(json.dumps(invoice.to_json()))
    assert Invoice.from_json(kept, [attachment.content for attachment in invoice.attachments]) == invoice


def test_the_shipped_invoices_of_others_read_without_the_collection() -> None:
    norwegian = read_xml((SHIPPED / "ehf3-norway.xml").read_bytes())
    assert (norwegian.payable, norwegian.totals.prepaid, norwegian.totals.rounding) == (
        Decimal("802.00"),
        Decimal(1000),
        Decimal("0.22"),
    )
    assert norwegian.seller.tax_registration == "Foretaksregisteret"
    assert norwegian.payments[0].account_kind == "iban"
    assert [line.quantity for line in norwegian.lines if line.quantity and line.quantity < 0]
    assert norwegian.attachments[0].uri == "http://www.suppliersite.eu/sheet001.html"
    assert norwegian.attachments[1].content == b"Test base 64 encoding"
    assert read_xml((SHIPPED / "denmark-purchase.xml").read_bytes()).payable == Decimal("437.50")


@pytest.mark.parametrize(("rule", "is_right", "document"), test_sets())
def test_a_partial_invoice_of_a_rule_keeps_or_breaks_it_as_it_is_marked(
    rule: str, is_right: bool, document: bytes
) -> None:
    found = check(read_xml(document))
    assert (rule not in {finding.rule for finding in found}) == is_right
    assert {finding.severity for finding in found if finding.rule == rule} <= {"warning"}
