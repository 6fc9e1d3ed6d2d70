"""Balanced SAF-T files of version 1.30, for tests and measurements only: the same arguments give the same bytes.

They are valid against the tax administration's schema, and their totals and closing balances fit.
"""

import random
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TextIO

from ledger.saft.parsing import NAMESPACE

ACCOUNTS = {
    "1500": ("Kundefordringer", "balanseverdiForOmloepsmiddel", "1500"),
    "1920": ("Bankinnskudd", "balanseverdiForOmloepsmiddel", "1920"),
    "2050": ("Annen egenkapital", "egenkapital", "2050"),
    "2400": ("Leverandørgjeld", "kortsiktigGjeld", "2400"),
    "2700": ("Utgående merverdiavgift", "kortsiktigGjeld", "2740"),
    "3000": ("Salgsinntekt, avgiftspliktig", "salgsinntekt", "3000"),
    "4300": ("Innkjøp av varer for videresalg", "varekostnad", "4005"),
    "5000": ("Lønn", "loennskostnad", "5000"),
    "6300": ("Leie av lokaler", "annenDriftskostnad", "6300"),
    "8050": ("Annen renteinntekt", "finansinntekt", "8050"),
    "8150": ("Annen rentekostnad", "finanskostnad", "8150"),
}
OPENING = {"1920": 50_000_00, "2050": -50_000_00}
ANALYSES = {
    "AVD": ("Avdeling", ("10", "20", "30")),
    "PRO": ("Prosjekt", ("P1", "P2")),
    "BIL": ("Kjøretøy", ("EL 12345",)),
}
TEXTS = ("Salg av varer på Bærum", "Husleie «Ærfuglen»", "Kjøp &amp; retur", "Renter")


def write_saft(path: Path, *, lines: int, partners: int = 3, year: int = 2024, seed: int = 1) -> int:
    """Write a file with at least `lines` lines, whole transactions; return how many lines it has."""
    draft = path.with_name(f"{path.name}.entries")
    with draft.open("w", encoding="utf-8") as entries:
        written = _entries(entries, lines, partners, year, random.Random(seed))  # noqa: S311 (the same every time is the point)
    with path.open("w", encoding="utf-8", newline="\n") as file, draft.open(encoding="utf-8") as entries:
        file.writelines(_head(year, partners, written))
        file.writelines(entries)
        file.write("</Journal>\n</GeneralLedgerEntries>\n</AuditFile>\n")
    draft.unlink()
    return written.lines


class Written:
    """What the totals in front of the entries have to say."""

    def __init__(self) -> None:
        self.transactions = self.lines = self.debit = 0
        self.by_account: Counter[str] = Counter()


def _entries(file: TextIO, lines: int, partners: int, year: int, dice: random.Random) -> Written:
    written = Written()
    while written.lines < lines:
        written.transactions += 1
        file.writelines(_transaction(written, partners, year, dice))
    return written


def _transaction(written: Written, partners: int, year: int, dice: random.Random) -> Iterator[str]:
    month, text = dice.randint(1, 12), dice.choice(TEXTS)
    date = f"{year}-{month:02}-{dice.randint(1, 28):02}"
    yield (
        f"<Transaction>\n<TransactionID>{written.transactions}</TransactionID>\n<Period>{month}</Period>\n"
        f"<PeriodYear>{year}</PeriodYear>\n<TransactionDate>{date}</TransactionDate>\n<SourceID>KARI</SourceID>\n"
        f"<VoucherType>FB</VoucherType>\n<VoucherDescription>Faktura</VoucherDescription>\n"
        f"<Description>{text}</Description>\n<SystemEntryDate>{date}</SystemEntryDate>\n"
        f"<GLPostingDate>{date}</GLPostingDate>\n"
    )
    amounts = [dice.randint(-99_999_99, 99_999_99) for _line in range(dice.randint(1, 4))]
    for number, hundredths in enumerate([*amounts, -sum(amounts)], 1):
        account = dice.choice(tuple(ACCOUNTS))
        written.lines += 1
        written.debit += max(hundredths, 0)
        written.by_account[account] += hundredths
        yield _line(number=number, account=account, hundredths=hundredths, partners=partners, date=date, dice=dice)
    yield "</Transaction>\n"


def _line(*, number: int, account: str, hundredths: int, partners: int, date: str, dice: random.Random) -> str:
    side = "Debit" if hundredths >= 0 else "Credit"
    analyses = "".join(
        f"<Analysis><AnalysisType>{name}</AnalysisType><AnalysisID>{dice.choice(codes)}</AnalysisID></Analysis>\n"
        for name, (_description, codes) in ANALYSES.items()
        if dice.random() < 0.5
    )
    partner = {"1500": "Customer", "2400": "Supplier"}.get(account)
    of_partner = f"<{partner}ID>{dice.randint(1, partners)}</{partner}ID>\n" if partner else ""
    return (
        f"<Line>\n<RecordID>{number}</RecordID>\n<AccountID>{account}</AccountID>\n{analyses}"
        f"<ValueDate>{date}</ValueDate>\n{of_partner}<Description>{dice.choice(TEXTS)}</Description>\n"
        f"<{side}Amount><Amount>{_kroner(abs(hundredths))}</Amount></{side}Amount>\n</Line>\n"
    )


def _head(year: int, partners: int, written: Written) -> Iterator[str]:
    yield (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<AuditFile xmlns="{NAMESPACE}">\n<Header>\n'
        "<AuditFileVersion>1.30</AuditFileVersion>\n<AuditFileCountry>NO</AuditFileCountry>\n"
        f"<AuditFileDateCreated>{year + 1}-01-15</AuditFileDateCreated>\n"
        "<SoftwareCompanyName>Utkorg</SoftwareCompanyName>\n<SoftwareID>Utkorg</SoftwareID>\n"
        "<SoftwareVersion>1</SoftwareVersion>\n<Company>\n<RegistrationNumber>914594685</RegistrationNumber>\n"
        "<Name>Fjordbutikken AS</Name>\n<Address><City>Bergen</City><PostalCode>5003</PostalCode></Address>\n"
        "<Contact><ContactPerson><FirstName>Kari</FirstName><LastName>Nordmann</LastName></ContactPerson>"
        "<Telephone>55000000</Telephone></Contact>\n</Company>\n<DefaultCurrencyCode>NOK</DefaultCurrencyCode>\n"
        f"<SelectionCriteria>\n<SelectionStartDate>{year}-01-01</SelectionStartDate>\n"
        f"<SelectionEndDate>{year}-12-31</SelectionEndDate>\n</SelectionCriteria>\n"
        "<TaxAccountingBasis>A</TaxAccountingBasis>\n</Header>\n<MasterFiles>\n<GeneralLedgerAccounts>\n"
    )
    for number, (name, category, code) in ACCOUNTS.items():
        yield (
            f"<Account>\n<AccountID>{number}</AccountID>\n<AccountDescription>{name}</AccountDescription>\n"
            f"<GroupingCategory>{category}</GroupingCategory>\n<GroupingCode>{code}</GroupingCode>\n"
            f"<AccountType>GL</AccountType>\n{_balance('Opening', OPENING.get(number, 0))}"
            f"{_balance('Closing', OPENING.get(number, 0) + written.by_account[number])}</Account>\n"
        )
    yield "</GeneralLedgerAccounts>\n"
    yield from _partners("Customer", partners)
    yield from _partners("Supplier", partners)
    yield "<AnalysisTypeTable>\n"
    for name, (description, codes) in ANALYSES.items():
        for code in codes:
            yield (
                f"<AnalysisTypeTableEntry>\n<AnalysisType>{name}</AnalysisType>\n"
                f"<AnalysisTypeDescription>{description}</AnalysisTypeDescription>\n<AnalysisID>{code}</AnalysisID>\n"
                f"<AnalysisIDDescription>{description} {code}</AnalysisIDDescription>\n"
                f"<StartDate>{year}-01-01</StartDate>\n<Status>Active</Status>\n</AnalysisTypeTableEntry>\n"
            )
    yield (
        f"</AnalysisTypeTable>\n</MasterFiles>\n<GeneralLedgerEntries>\n"
        f"<NumberOfEntries>{written.transactions}</NumberOfEntries>\n<TotalDebit>{_kroner(written.debit)}</TotalDebit>\n"
        f"<TotalCredit>{_kroner(written.debit)}</TotalCredit>\n<Journal>\n<JournalID>GL</JournalID>\n"
        "<Description>Hovedbok</Description>\n<Type>GL</Type>\n"
    )


def _partners(kind: str, count: int) -> Iterator[str]:
    yield f"<{kind}s>\n"
    for number in range(1, count + 1):
        yield (
            f"<{kind}>\n<RegistrationNumber>{900_000_000 + number}</RegistrationNumber>\n"
            f"<Name>{kind} {number} på Øya</Name>\n<Address><StreetName>Storgata</StreetName><Number>{number}</Number>"
            "<City>Oslo</City><PostalCode>0155</PostalCode><Country>NO</Country></Address>\n"
            "<BankAccount><BankAccountNumber>86011117947</BankAccountNumber></BankAccount>\n"
            f"<{kind}ID>{number}</{kind}ID>\n</{kind}>\n"
        )
    yield f"</{kind}s>\n"


def _balance(end: str, hundredths: int) -> str:
    side = "Debit" if hundredths >= 0 else "Credit"
    return f"<{end}{side}Balance>{_kroner(abs(hundredths))}</{end}{side}Balance>\n"


def _kroner(hundredths: int) -> Decimal:
    return Decimal(hundredths).scaleb(-2)
