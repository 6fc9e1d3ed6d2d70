"""What the reader makes of SAF-T, how it says what is wrong, and what hostile XML can't do to it."""

import io
import resource
from pathlib import Path

import pytest

from ledger.importing import exceptions
from ledger.saft.exceptions import BrokenXmlError, MissingElementError, NotSaftError, TotalsError
from ledger.saft.generator import write_saft
from ledger.saft.parties import norwegian_iban
from ledger.saft.reading import SaftReader
from ledger.saft.records import Analysis, Line, Partner, Record, SaftAccount
from tests.ledger.saft_files import ACCOUNTS, NAMESPACE, SALE, analysis, saft, transaction

ENTRIES = "/AuditFile/GeneralLedgerEntries"
AMOUNT = "/Line/DebitAmount/Amount"
LATIN = saft().replace('encoding="UTF-8"', 'encoding="ISO-8859-1"')


def reader_of(content: str | bytes) -> SaftReader:
    data = content.encode() if isinstance(content, str) else content
    return SaftReader(io.BytesIO(data), "books.xml", lambda _share: None)


def records(content: str | bytes) -> list[Record]:
    return list(reader_of(content))


def refusal(content: str | bytes) -> exceptions.FileError:
    with pytest.raises(exceptions.FileError) as refused:
        records(content)
    assert refused.value.file == "books.xml"
    assert refused.value.line >= 1
    return refused.value


def lines(content: str) -> list[Line]:
    return [record for record in records(content) if isinstance(record, Line)]


# What is read


def test_a_line_has_its_account_amount_text_and_analyses() -> None:
    debit, credit = lines(saft(transaction(("1920", "250", analysis("A", "10") + analysis("P", "7")), SALE[1])))
    assert (debit.account, str(debit.amount), debit.text, debit.analyses) == (
        "1920",
        "250.00",
        "Kontantsalg",
        (("A", "10"), ("P", "7")),
    )
    assert (str(credit.amount), credit.analyses, credit.entry_date) == ("-250.00", (), None)


@pytest.mark.parametrize(
    ("stated", "version"),
    [("1.0", "1.0"), ("1.00", "1.0"), ("1.10", "1.10"), ("1.20", "1.20"), ("1.3", "1.30"), ("1.30", "1.30")],
)
def test_the_files_own_version_decides(stated: str, version: str) -> None:
    reader = reader_of(saft(version=stated))
    assert len(list(reader)) > 0
    assert reader.identity.version == version


def test_an_account_has_its_type_by_category_by_standard_account_or_by_its_number() -> None:
    text = saft(accounts=[*ACCOUNTS, ("8800", "Årsresultat", "resultatDisponeringForSAF-T", "8800", 0, 0)])
    text = text.replace(
        "<GroupingCategory>egenkapital</GroupingCategory><GroupingCode>2000</GroupingCode>",
        "<StandardAccountID>20</StandardAccountID>",
    ).replace("<GroupingCategory>salgsinntekt</GroupingCategory><GroupingCode>3000</GroupingCode>", "")
    accounts = [record for record in records(text) if isinstance(record, SaftAccount)]
    assert [(found.account_type, found.is_typed) for found in accounts] == [
        ("asset", True),
        ("liability", True),
        ("income", False),
        (None, True),
    ]


def test_a_partner_has_the_address_for_letters_and_its_bank_account() -> None:
    supplier = (
        "<Suppliers><Supplier><RegistrationNumber>NO 987 654 321 MVA</RegistrationNumber><Name>Ål &amp; Ask</Name>"
        "<Address><StreetName>Gata</StreetName><Number>1 B</Number><AddressType>StreetAddress</AddressType></Address>"
        "<Address><StreetName>Postboks 9</StreetName><City>Ås</City><PostalCode>1430</PostalCode>"
        "<Country>NO</Country><AddressType>PostalAddress</AddressType></Address>"
        "<BankAccount><BankAccountNumber>8601 11 17947</BankAccountNumber></BankAccount><SupplierID>007</SupplierID>"
        "<PartyInfo><PaymentTerms><Days>14</Days></PaymentTerms><CurrencyCode>NOK</CurrencyCode>"
        "<Status>Passive</Status></PartyInfo></Supplier></Suppliers>"
    )
    (found,) = (record for record in records(saft(partners=supplier)) if isinstance(record, Partner))
    assert (found.number, found.name, found.organisation_number) == ("007", "Ål & Ask", "987654321")
    assert (found.address, found.postal_code, found.city, found.country) == ("Postboks 9", "1430", "Ås", "NO")
    assert (found.iban, found.payment_terms_days, found.active) == ("NO9386011117947", 14, False)


def test_a_norwegian_account_number_has_an_iban() -> None:
    # Source: the example of the IBAN registry
    assert norwegian_iban("86011117947") == "NO9386011117947"


def test_a_line_that_is_divided_keeps_the_largest_parts_object() -> None:
    parts = "".join(
        f"<Analysis><AnalysisType>A</AnalysisType><AnalysisID>{code}</AnalysisID>"
        f"<DebitAnalysisAmount><Amount>{amount}</Amount></DebitAnalysisAmount></Analysis>"
        for code, amount in (("10", 50), ("20", 150), ("30", 50))
    )
    reader = reader_of(saft(transaction(("1920", "250", parts), SALE[1])))
    found = [record for record in reader if isinstance(record, Line)]
    assert found[0].analyses == (("A", "20"),)
    assert "divided among several objects of type A" in str(reader.remarks.as_tuple()[0].text)


def test_lines_of_invoices_and_suppliers_of_assets_are_no_lines_and_suppliers_of_the_books() -> None:
    more = (
        "<SourceDocuments><SalesInvoices><NumberOfEntries>9</NumberOfEntries><TotalDebit>9</TotalDebit>"
        "<Invoice><InvoiceNo>1</InvoiceNo><Line><Description>x</Description></Line></Invoice>"
        "</SalesInvoices></SourceDocuments></AuditFile>"
    )
    reader = reader_of(saft().replace("</AuditFile>", more))
    assert len([record for record in reader if isinstance(record, Line)]) == 2
    assert "Invoices are left out" in str(reader.remarks.as_tuple()[0].text)


def test_a_byte_order_mark_other_line_ends_and_another_encoding_are_read() -> None:
    assert len(lines(saft())) == 2
    assert len(records(b"\xef\xbb\xbf" + saft().replace("\n", "\r\n").encode())) == len(records(saft()))
    latin = LATIN.replace("Kontantsalg", "Kjøp på Åsen").encode("latin-1")
    assert [record.text for record in records(latin) if isinstance(record, Line)] == ["Kjøp på Åsen"] * 2


# What is refused, and how


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"version": "2.0"}, "version 2.0"),
        ({"version": ""}, "version –"),
        ({"country": "DK"}, "country DK"),
    ],
)
def test_another_version_or_country_is_refused_politely(changed: dict[str, str], what: str) -> None:
    error = refusal(saft(**changed))  # type: ignore[arg-type]
    assert isinstance(error, NotSaftError)
    assert what in str(error)
    assert "1.30" in str(error.advice)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "no XML"),
        (b"\n\n", "no XML"),
        (saft().replace(":NO", ":DK"), "SAF-T file of another country"),
        (saft().replace("Taxation-Financial", "Taxation-CashRegister"), "cash register"),
        ('<Sie xmlns="http://www.sie.se/sie5"/>', "SIE 5"),
        ('<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>', "UBL"),
        ("<html><body/></html>", "outermost element is html"),
    ],
)
def test_other_files_are_refused_with_what_they_are(content: str | bytes, what: str) -> None:
    error = refusal(content)
    assert isinstance(error, NotSaftError)
    assert what in str(error)


def test_an_unbalanced_transaction_is_refused_with_its_line_and_difference() -> None:
    error = refusal(saft(transaction(("1920", "250.00", ""), ("3000", "-249.50", ""))))
    assert isinstance(error, exceptions.UnbalancedError)
    assert "GL 1 doesn't sum to zero: debit less credit is 0.50" in str(error)


@pytest.mark.parametrize(
    ("totals", "what"),
    [((1, "250", "251"), "TotalCredit 251.00"), ((1, "1", "250"), "TotalDebit 1.00"), ((3, "250", "250"), "states 3")],
)
def test_totals_that_disagree_are_refused_with_both_figures(totals: tuple[int, str, str], what: str) -> None:
    error = refusal(saft(totals=totals))
    assert isinstance(error, TotalsError)
    assert what in str(error)


def test_a_count_of_lines_instead_of_transactions_is_a_remark() -> None:
    reader = reader_of(saft(totals=(2, "250", "250")))
    assert len(list(reader)) > 0
    assert "NumberOfEntries counts the lines" in str(reader.remarks.as_tuple()[0].text)


@pytest.mark.parametrize(
    ("old", "new", "place", "kind"),
    [
        ("<AccountID>3000</AccountID><D", "<D", f"{ENTRIES}/Journal[GL]/Transaction[1]/Line", MissingElementError),
        ("<Amount>250.00</Amount>", "<Amount>250,00</Amount>", AMOUNT, exceptions.BrokenValueError),
        ("<Amount>250.00</Amount>", "<Amount>250.001</Amount>", AMOUNT, exceptions.BrokenValueError),
        ("2024-03-01", "2024-02-30", "/TransactionDate", exceptions.BrokenValueError),
        ("<TransactionID>1<", f"<TransactionID>{'9' * 33}<", "/TransactionID", exceptions.BrokenValueError),
        ("<TransactionID>1</TransactionID>", "", "/Transaction", MissingElementError),
        ("<Company>", "<Firma>", "", BrokenXmlError),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line_and_place(old: str, new: str, place: str, kind: type[Exception]) -> None:
    text = saft()
    assert old in text
    error = refusal(text.replace(old, new, 1))
    assert type(error) is kind
    assert place in error.place
    assert error.line > 1


def test_a_file_without_header_is_refused() -> None:
    text = f'<AuditFile xmlns="{NAMESPACE}"><MasterFiles/></AuditFile>'
    assert isinstance(refusal(text), MissingElementError)


# Hostile files


def bomb() -> str:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))
    return f'<?xml version="1.0"?><!DOCTYPE AuditFile [{levels}]><AuditFile xmlns="{NAMESPACE}">&l9;</AuditFile>'


@pytest.mark.parametrize(
    "content",
    [
        bomb(),
        bomb().replace(">&l9;<", ' x="&l9;"><'),
        saft().replace("<AuditFile", '<!DOCTYPE AuditFile SYSTEM "http://127.0.0.1:9/evil.dtd"><AuditFile', 1),
        saft().replace("<AuditFile", '<!DOCTYPE AuditFile PUBLIC "-//X//Y" "file:///etc/hostname"><AuditFile', 1),
        saft().replace("<AuditFile", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><AuditFile', 1),
        saft().replace("<AuditFile", '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/">%x;]><AuditFile', 1),
        saft().replace("Kontantsalg", "&undefined;"),
        saft()[:-200],
        saft().encode()[:700],
        saft().replace("<Header>", "<a>" * 300 + "</a>" * 300 + "<Header>"),
        saft().replace("<Header>", f'<Header x="{"y" * 20_000_000}">'),
        saft().replace("Kontantsalg", "y" * 20_000_000),
        saft().replace("<Header>", "<a/>" * 2_000_000 + "<Header>"),
        "<?xml version='1.0'?><!--" + "x" * 12_000_000 + "-->",
        saft() + saft(),
    ],
    ids=["laughs", "laughs in an attribute", "external DTD", "public DTD", "external entity", "parameter entity",
         "undefined entity", "cut off", "cut off in the header", "deep", "huge attribute", "huge text", "endless",
         "only a comment", "twice"],
)  # fmt: skip
def test_hostile_xml_is_refused_without_filling_the_memory(content: str | bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error = refusal(content)
    assert isinstance(error, (BrokenXmlError, NotSaftError))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024


def test_letters_of_another_encoding_are_refused_with_their_line() -> None:
    text = saft().replace("Dagsoppgjør", "Dagsoppgjor")
    error = refusal(text.replace("Kontantsalg", "Kjøp på Åsen").encode("latin-1"))
    assert isinstance(error, exceptions.DamagedEncodingError)
    assert error.line > 10


def test_xinclude_reads_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hemligt")
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{secret.as_uri()}" parse="text"/>'
    found = lines(saft().replace("<Description>Kontantsalg", f"<Description>{include}Kontantsalg"))
    assert "hemligt" not in str(found)


def test_a_large_file_is_read_in_flat_memory(tmp_path: Path) -> None:
    small, large = tmp_path / "small.xml", tmp_path / "large.xml"
    write_saft(small, lines=500)
    write_saft(large, lines=20_000)
    peaks = []
    for file in (small, large):
        with file.open("rb") as stream:
            found = sum(1 for record in SaftReader(stream, file.name, lambda _share: None) if isinstance(record, Line))
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        assert found >= 500
    assert peaks[1] - peaks[0] < 20 * 1024


def test_analyses_are_read_with_what_is_said_of_them() -> None:
    entry = (
        "<AnalysisTypeTableEntry><AnalysisType>P</AnalysisType><AnalysisTypeDescription>Prosjekt</AnalysisTypeDescription>"
        "<AnalysisID>7</AnalysisID><AnalysisIDDescription>Brygga</AnalysisIDDescription><StartDate>2024-01-01</StartDate>"
        "<Status>Closed</Status></AnalysisTypeTableEntry>"
    )
    (found,) = (record for record in records(saft(analyses=entry)) if isinstance(record, Analysis))
    assert (found.type, found.type_name, found.code, found.name) == ("P", "Prosjekt", "7", "Brygga")
    assert (found.active, str(found.valid_from), found.valid_to) == (False, "2024-01-01", None)
