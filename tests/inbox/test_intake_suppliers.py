"""Whose invoice it is, and whether it is to be paid where the supplier's invoices are: never guessed."""

from collections.abc import Iterable
from typing import Any

import pytest
from django.utils import translation

from inbox import entering, suppliers
from inbox.admin.wording import warnings_of
from inbox.formats import Finding, read_xml
from inbox.models import IncomingInvoice
from ledger.models import Company, Supplier
from tests.factories import CompanyFactory, SupplierFactory
from tests.inbox.samples import pdf
from tests.inbox.sending import PAPPER, invoice_xml, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return CompanyFactory.create()


def found(company: Company, **invoice: Any) -> suppliers.Match:
    return suppliers.find(company=company, invoice=read_xml(invoice_xml(**invoice)))


def rules(findings: Iterable[Finding]) -> list[str]:
    return [finding.rule for finding in findings]


@pytest.mark.parametrize(
    ("registered", "stated", "found_by"),
    [
        ({"organisation_number": "556036-0793"}, {}, "organisation_number"),
        ({"organisation_number": "16556036-0793"}, {}, "organisation_number"),
        ({"organisation_number": "SE556036079301"}, {}, "organisation_number"),
        ({"organisation_number": PAPPER}, {"organisation": "", "vat": "SE556036079301"}, "organisation_number"),
        ({"organisation_number": PAPPER}, {"organisation": "", "endpoint": "556036-0793"}, "organisation_number"),
        ({"organisation_number": "923 609 016"}, {"organisation": "", "vat": "NO923609016MVA"}, "organisation_number"),
        ({"bankgiro": "5050-1055"}, {}, "bankgiro"),
        ({"iban": "SE45 5000 0000 0583 9825 7466"}, {"iban": "SE4550000000058398257466", "bankgiro": ""}, "iban"),
        ({"iban": "86011117947"}, {"iban": "NO9386011117947", "bankgiro": ""}, "iban"),
    ],
)
def test_a_supplier_is_found_by_their_numbers_however_they_are_written(
    registered: dict[str, str], stated: dict[str, str], found_by: str, company: Company
) -> None:
    SupplierFactory.create(company=company, organisation_number="556677-8899", bankgiro="111-1111")
    SupplierFactory.create(**registered)  # another company's
    supplier = SupplierFactory.create(company=company, **registered)
    match = found(company, **stated)
    assert (match.supplier, match.found_by, match.findings) == (supplier, found_by, ())


def test_two_suppliers_that_the_numbers_lead_to_are_both_told_and_none_is_chosen(company: Company) -> None:
    SupplierFactory.create(company=company, number="1", name="Papper", organisation_number=PAPPER)
    SupplierFactory.create(company=company, number="2", name="Penna", bankgiro="5050-1055")
    match = found(company)
    assert (match.supplier, rules(match.findings)) == (None, ["supplier_ambiguous"])
    assert "1 Papper; 2 Penna" in str(match.findings[0].message)


def test_of_two_with_the_organisation_number_the_account_chooses(company: Company) -> None:
    SupplierFactory.create(company=company, organisation_number=PAPPER, bankgiro="111-1111")
    second = SupplierFactory.create(company=company, organisation_number=PAPPER, bankgiro="5050-1055")
    assert found(company).supplier == second


def test_an_account_alone_does_not_make_it_another_s_invoice(company: Company) -> None:
    SupplierFactory.create(company=company, organisation_number="556677-8899", bankgiro="5050-1055")
    match = found(company)
    assert (match.supplier, rules(match.findings)) == (None, ["supplier_differs"])


def test_a_learnt_address_alone_does_not_make_it_another_s_invoice_either(company: Company) -> None:
    learnt: dict[str, Any] = {"endpoint": "5561112223", "organisation": "", "bankgiro": ""}
    (first,) = send(company, ("a.xml", invoice_xml("1", **learnt)))
    supplier = SupplierFactory.create(company=company, organisation_number="556677-8899", bankgiro="111-1111")
    entering.choose_supplier(incoming=first, supplier=supplier)
    (second,) = send(company, ("b.xml", invoice_xml("2", endpoint="5561112223")))
    assert second.supplier_invoice
    assert second.supplier_invoice.supplier is None
    told = {finding["rule"]: finding for finding in second.findings}
    assert told["supplier_differs"]["severity"] == "warning"
    assert told["supplier_differs"]["value"] == PAPPER
    assert suppliers.find(company=company, invoice=read_xml(invoice_xml(endpoint="5561112223"))).suppliers == (
        supplier,
    )
    # Its account is another too, which the queue tells before anybody has chosen
    assert told["bank_account_differs"]["value"] == supplier.name
    assert warnings_of(second)[:1] == [("bad", f"Changed bank account: {supplier.name}")]
    entering.choose_supplier(incoming=second, supplier=supplier)
    second.refresh_from_db()
    assert warnings_of(second)[0] == ("bad", "Changed bank account")
    assert "bank_account_differs" not in [finding["rule"] for finding in second.findings]


def test_an_account_is_suspected_where_each_supplier_that_it_may_be_of_has_another(company: Company) -> None:
    suppliers_of = {"company": company, "organisation_number": PAPPER, "bankgiro": "111-1111"}
    _one, two = SupplierFactory.create_batch(2, **suppliers_of)
    assert rules(found(company).findings) == ["supplier_ambiguous", "bank_account_differs"]
    Supplier.objects.filter(pk=two.pk).update(bankgiro="")
    assert rules(found(company).findings) == ["supplier_ambiguous"]


def test_the_text_of_a_document_may_name_another_account_as_well(company: Company) -> None:
    supplier_with(company, bankgiro="111-1111")
    lines = ("Papper & Penna AB", "Faktura 17", "Org.nr 556036-0793", "Att betala 1 250,00 SEK", "Bankgiro 991-2346")
    (incoming,) = send(company, ("a.pdf", pdf(*lines)))
    assert [(one["rule"], one["severity"]) for one in incoming.findings] == [("bank_account_differs", "warning")]
    assert warnings_of(incoming) == [("warn", "Changed bank account: Papper")]
    (known,) = send(company, ("b.pdf", pdf("Faktura 18", "Org.nr 556036-0793", "Bankgiro 111-1111")))
    assert known.findings == []


def test_an_inactive_supplier_is_told_and_not_chosen(company: Company) -> None:
    SupplierFactory.create(company=company, organisation_number=PAPPER, active=False)
    match = found(company)
    assert (match.supplier, rules(match.findings)) == (None, ["supplier_inactive"])
    active = SupplierFactory.create(company=company, organisation_number=PAPPER)
    assert found(company).supplier == active


def test_what_a_person_has_said_is_remembered(company: Company) -> None:
    british: dict[str, Any] = {"organisation": "", "vat": "GB928741974", "bankgiro": ""}
    (first,) = send(company, ("a.xml", invoice_xml("1", **british)))
    supplier = SupplierFactory.create(company=company)
    row = entering.choose_supplier(incoming=first, supplier=supplier)
    assert row.supplier == supplier
    (second,) = send(company, ("b.xml", invoice_xml("2", **british)))
    assert second.supplier_invoice
    assert (second.supplier_invoice.supplier, second.found_by) == (supplier, "vat")
    (other,) = send(CompanyFactory.create(), ("b.xml", invoice_xml("2", **british)))
    assert other.supplier_invoice
    assert other.supplier_invoice.supplier is None


def told(incoming: IncomingInvoice) -> list[tuple[str, str]]:
    return [(finding["severity"], finding["rule"]) for finding in incoming.findings if "account" in finding["path"]]


def supplier_with(company: Company, **accounts: str) -> Supplier:
    return SupplierFactory.create(company=company, name="Papper", organisation_number=PAPPER, **accounts)


@pytest.mark.parametrize(
    ("registered", "stated", "findings"),
    [
        ({"bankgiro": "505-01055"}, {}, []),
        ({}, {}, [("note", "bank_account_new")]),
        ({"bankgiro": "111-1111"}, {}, [("error", "bank_account_changed")]),
        ({"plusgiro": "5050-1055"}, {}, []),
        ({"bankgiro": "5050-1055"}, {"iban": "GB29NWBK60161331926819"}, [("warning", "bank_account_added")]),
        ({"iban": "NO93 8601 1117 947"}, {"iban": "NO9386011117947", "bankgiro": ""}, []),
    ],
)
def test_another_bank_account_than_the_register_s_is_told(
    registered: dict[str, str], stated: dict[str, Any], findings: list[tuple[str, str]], company: Company
) -> None:
    supplier_with(company, **registered)
    (incoming,) = send(company, ("a.xml", invoice_xml(**stated)))
    ours = [one for one in told(incoming) if one[1].startswith("bank_account")]
    assert ours == findings


def test_a_changed_account_is_told_with_old_and_new_in_the_reader_s_language(company: Company) -> None:
    supplier_with(company, bankgiro="111-1111")
    (incoming,) = send(company, ("a.xml", invoice_xml()))
    (kept,) = [one for one in incoming.findings if one["rule"] == "bank_account_changed"]
    assert kept["value"] == "5050-1055"
    for language, word in (("sv", "fakturan"), ("nb", "fakturaen"), ("en", "invoice")):
        with translation.override(language):
            text = str(Finding.from_json(kept).message)
        assert word in text.lower()
        assert "111-1111" in text
        assert "5050-1055" in text


def test_a_new_supplier_is_proposed_and_not_made(company: Company) -> None:
    (incoming,) = send(company, ("a.xml", invoice_xml()))
    assert suppliers.propose(entering.content_of(incoming)) == {
        "name": "Papper & Penna AB",
        "organisation_number": PAPPER,
        "address": "Storgatan 1",
        "postal_code": "79130",
        "city": "Falun",
        "country": "SE",
        "currency": "SEK",
        "bankgiro": "5050-1055",
        "payment_terms_days": 30,
    }
    assert not Supplier.objects.filter(company=company).exists()
