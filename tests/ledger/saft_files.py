"""SAF-T files that tests write: small, balanced, and with one thing changed at a time."""

from collections.abc import Sequence

NAMESPACE = "urn:StandardAuditFile-Taxation-Financial:NO"
ACCOUNTS = (
    ("1920", "Bankinnskudd", "balanseverdiForOmloepsmiddel", "1920", 1000, 1250),
    ("2000", "Aksjekapital", "egenkapital", "2000", -1000, -1000),
    ("3000", "Salgsinntekt", "salgsinntekt", "3000", 0, -250),
)
SALE = (("1920", "250.00", ""), ("3000", "-250.00", ""))


def line(number: int, account: str, amount: str, more: str = "", text: str = "Kontantsalg") -> str:
    """A line; `more` stands between its account and its text."""
    side = "Credit" if amount.startswith("-") else "Debit"
    return (
        f"<Line><RecordID>{number}</RecordID><AccountID>{account}</AccountID>{more}"
        f"<Description>{text}</Description>\n"
        f"<{side}Amount><Amount>{amount.lstrip('-')}</Amount></{side}Amount></Line>\n"
    )


def transaction(
    *lines: tuple[str, str, str], number: str = "1", date: str = "2024-03-01", period: int = 3, year: int = 2024
) -> str:
    """A transaction of lines of account, amount (debit positive) and further elements."""
    return (
        f"<Transaction><TransactionID>{number}</TransactionID><Period>{period}</Period><PeriodYear>{year}</PeriodYear>"
        f"<TransactionDate>{date}</TransactionDate><SourceID>KN</SourceID><Description>Dagsoppgjør</Description>"
        f"<SystemEntryDate>2024-03-05</SystemEntryDate><GLPostingDate>2024-03-05</GLPostingDate>\n"
        + "".join(line(place, *parts) for place, parts in enumerate(lines, 1))
        + "</Transaction>\n"
    )


def analysis(kind: str, code: str) -> str:
    """The analysis of a line."""
    return f"<Analysis><AnalysisType>{kind}</AnalysisType><AnalysisID>{code}</AnalysisID></Analysis>"


def analysis_entry(kind: str, kind_name: str, code: str, name: str, more: str = "") -> str:
    """An object in the table of analyses."""
    return (
        f"<AnalysisTypeTableEntry><AnalysisType>{kind}</AnalysisType>"
        f"<AnalysisTypeDescription>{kind_name}</AnalysisTypeDescription><AnalysisID>{code}</AnalysisID>"
        f"<AnalysisIDDescription>{name}</AnalysisIDDescription>{more}</AnalysisTypeTableEntry>\n"
    )


def account(number: str, name: str, category: str, code: str, *balances: int) -> str:
    """An account with its opening and closing balance, debit positive."""

    def balance(end: str, amount: int) -> str:
        side = "Debit" if amount >= 0 else "Credit"
        return f"<{end}{side}Balance>{abs(amount)}</{end}{side}Balance>"

    return (
        f"<Account><AccountID>{number}</AccountID><AccountDescription>{name}</AccountDescription>"
        f"<GroupingCategory>{category}</GroupingCategory><GroupingCode>{code}</GroupingCode><AccountType>GL</AccountType>"
        f"{balance('Opening', balances[0])}{balance('Closing', balances[1])}</Account>\n"
    )


def saft(
    *transactions: str,
    version: str = "1.30",
    country: str = "NO",
    company: str = "914594685",
    name: str = "Fjordbutikken AS",
    accounts: Sequence[tuple[str, str, str, str, int, int]] = ACCOUNTS,
    partners: str = "",
    analyses: str = "",
    selection: str = (
        "<SelectionStartDate>2024-01-01</SelectionStartDate><SelectionEndDate>2024-12-31</SelectionEndDate>"
    ),
    totals: tuple[int, str, str] | None = None,
) -> str:
    """A file; without transactions it has one sale. Totals are of one sale for each transaction unless given."""
    entries = transactions or (transaction(*SALE),)
    stated = totals or (len(entries), f"{250 * len(entries)}", f"{250 * len(entries)}")
    table = f"<AnalysisTypeTable>\n{analyses}</AnalysisTypeTable>\n" if analyses else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<AuditFile xmlns="{NAMESPACE}">\n<Header>'
        f"<AuditFileVersion>{version}</AuditFileVersion><AuditFileCountry>{country}</AuditFileCountry>"
        "<AuditFileDateCreated>2025-01-15</AuditFileDateCreated><SoftwareCompanyName>Regn AS</SoftwareCompanyName>"
        "<SoftwareID>Regn</SoftwareID><SoftwareVersion>1</SoftwareVersion>\n"
        f"<Company><RegistrationNumber>{company}</RegistrationNumber><Name>{name}</Name><Contact><ContactPerson>"
        "<FirstName>Kari</FirstName><LastName>Nordmann</LastName></ContactPerson><Telephone>55000000</Telephone>"
        "</Contact></Company><DefaultCurrencyCode>NOK</DefaultCurrencyCode>\n"
        f"<SelectionCriteria>{selection}</SelectionCriteria>\n<TaxAccountingBasis>A</TaxAccountingBasis></Header>\n"
        f"<MasterFiles><GeneralLedgerAccounts>\n{''.join(account(*parts) for parts in accounts)}"
        f"</GeneralLedgerAccounts>\n{partners}{table}</MasterFiles>\n"
        f"<GeneralLedgerEntries><NumberOfEntries>{stated[0]}</NumberOfEntries><TotalDebit>{stated[1]}</TotalDebit>"
        f"<TotalCredit>{stated[2]}</TotalCredit>\n<Journal><JournalID>GL</JournalID><Description>Hovedbok</Description>"
        f"<Type>GL</Type>\n{''.join(entries)}</Journal>\n</GeneralLedgerEntries>\n</AuditFile>\n"
    )
