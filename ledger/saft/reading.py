"""A SAF-T file as a stream of records, with every fault of the file found and placed.

Source: schemas 1.10 (also for files that say 1.0 and 1.20) and 1.30 of the Norwegian tax administration.
"""

import calendar
import datetime as dt
import io
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import BinaryIO

from lxml import etree

from ledger.importing.exceptions import FileError, UnbalancedError
from ledger.importing.messages import message as _
from ledger.importing.records import (
    CODE_LENGTH,
    NAME_LENGTH,
    NUMBER_LENGTH,
    SIGNATURE_LENGTH,
    TEXT_LENGTH,
    Stated,
    VoucherEnd,
    VoucherStart,
)
from ledger.importing.remarks import Remarks
from ledger.saft.account_types import CATEGORIES, stated_type, type_of_class
from ledger.saft.exceptions import MissingElementError, NotSaftError, TotalsError
from ledger.saft.nodes import Node
from ledger.saft.parsing import NS, elements
from ledger.saft.parties import partner
from ledger.saft.records import Analysis, Line, Partner, Record, SaftAccount, SaftIdentity, Selection, Transaction

# The namespace is the same in all versions; files of 1.10 often say 1.0, and its schema calls itself 1.20.
VERSIONS = {"1.0": "1.0", "1.00": "1.0", "1.1": "1.10", "1.10": "1.10", "1.2": "1.20", "1.20": "1.20"}
VERSIONS |= {"1.3": "1.30", "1.30": "1.30"}
READ = _("Read are SAF-T Financial files of Norway, version 1.0, 1.10, 1.20 and 1.30.")

LEFT_OUT = {
    "TaxTableEntry": _("VAT codes are left out: the registers have no place for them."),
    "Owner": _("Owners are left out: the registers have no place for them."),
    "Asset": _("Fixed assets are left out: the registers have no place for them."),
    "Product": _("Products are left out: the registers have no place for them."),
    "PhysicalStockEntry": _("Stock is left out: the registers have no place for it."),
    "Invoice": _("Invoices are left out: a SAF-T file doesn't tell what is left to pay of them."),
    "Payment": _("Payments are left out: a SAF-T file doesn't tell which invoices they are of."),
}
IGNORED = {"Taxonomy", "UOMTableEntry", "MovementTypeTableEntry", "StockMovement", "AssetTransaction"}
CLOSED = {"Closed": False, "Passive": False, "Active": True, "Observation": True}
FIRST_YEAR, LAST_YEAR = 1900, 2200


class SaftReader:
    """Reads one file. `identity` is complete when it has been given, `remarks` when the records are read to the end.

    Iterating raises `FileError` with file and line for whatever is wrong. The stream must be seekable; it is left open.
    """

    def __init__(self, stream: BinaryIO, name: str, told: Callable[[float], None]) -> None:
        self.name = name
        self.identity = SaftIdentity()
        self.remarks = Remarks()
        self.transactions = 0
        self._stream = stream
        self._told = told
        self._entries = Entries(self.remarks)
        self._readers: dict[str, Callable[[Node], Iterator[Record]]] = {
            "Header": self._header,
            "Account": self._account,
            "Customer": self._customer,
            "Supplier": self._supplier,
            "AnalysisTypeTableEntry": self._analysis,
        }

    def __iter__(self) -> Iterator[Record]:
        try:
            size = self._stream.seek(0, io.SEEK_END)
            for element in elements(self._stream, lambda done: self._told(done / size)):
                yield from self._record(element)
            if not self.identity.version:
                raise MissingElementError(_("%(element)s is missing or empty.") % {"element": "Header"}, line=1)
        except FileError as error:
            raise error.at(self.name, 1) from error.__cause__

    def _record(self, element: etree._Element) -> Iterator[Record]:
        name, parent = _name_of(element), _name_of(element.getparent())
        if name in LEFT_OUT:
            self.remarks.add(element.sourceline or 1, LEFT_OUT[name])
        elif name in PARENTS and PARENTS[name] == parent:
            if name != "Header" and not self.identity.version:
                raise MissingElementError(_("%(element)s is missing or empty.") % {"element": "Header"}, line=1)
            if name in self._readers:
                yield from self._readers[name](Node(element))
            else:
                yield from self._entries.read(name, element)

    # The header

    def _header(self, header: Node) -> Iterator[Record]:
        version, country = header.text("AuditFileVersion"), header.text("AuditFileCountry").upper()
        if version not in VERSIONS:
            raise NotSaftError(
                _("The file states version %(version)s of the standard.") % {"version": version[:20] or "–"},
                line=header.line,
                place=header.place,
                advice=READ,
            )
        if country != "NO":
            raise NotSaftError(
                _("The file states the country %(country)s.") % {"country": country[:20] or "–"},
                line=header.line,
                place=header.place,
                advice=READ,
            )
        company = header.needed("Company")
        self.identity.organisation_number = Stated(company.filled("RegistrationNumber", NUMBER_LENGTH), company.line)
        self.identity.name = Stated(company.text("Name")[:NAME_LENGTH], company.line)
        self.identity.currency = Stated(header.text("DefaultCurrencyCode").upper(), header.line)
        self.identity.time_zone = "Europe/Oslo"
        criteria = header.child("SelectionCriteria")
        self.identity.selection = _selection(criteria) if criteria else None
        self.identity.version = VERSIONS[version]
        yield self.identity

    # Master files

    def _account(self, account: Node) -> Iterator[SaftAccount]:
        number = account.filled("AccountID", NUMBER_LENGTH)
        category = account.text("GroupingCategory")
        found = stated_type(
            category=category, code=account.text("GroupingCode"), standard=account.text("StandardAccountID")
        )
        is_typed = found is not None or category in CATEGORIES
        yield SaftAccount(
            line=account.line,
            number=number,
            name=account.text("AccountDescription")[:NAME_LENGTH] or number,
            account_type=found if is_typed else type_of_class(number),
            is_typed=is_typed,
            opening=_balance(account, "Opening"),
            closing=_balance(account, "Closing"),
        )

    def _customer(self, node: Node) -> Iterator[Partner]:
        yield partner(node, "customer", self.remarks)

    def _supplier(self, node: Node) -> Iterator[Partner]:
        yield partner(node, "supplier", self.remarks)

    def _analysis(self, entry: Node) -> Iterator[Analysis]:
        yield Analysis(
            line=entry.line,
            type=entry.filled("AnalysisType", 9),
            type_name=entry.text("AnalysisTypeDescription")[:NAME_LENGTH],
            code=entry.filled("AnalysisID", CODE_LENGTH),
            name=entry.text("AnalysisIDDescription")[:NAME_LENGTH],
            active=CLOSED.get(entry.text("Status")),
            valid_from=entry.date("StartDate"),
            valid_to=entry.date("EndDate"),
        )


class Entries:
    """The general ledger's entries: journals, their transactions, and the totals over all of them."""

    def __init__(self, remarks: Remarks) -> None:
        self._remarks = remarks
        self._stated: dict[str, Decimal] = {}
        self._counted: Counter[str] = Counter()
        self._sums = {"TotalDebit": Decimal(), "TotalCredit": Decimal()}
        self._ids: dict[str, str] = {}
        self._open: VoucherStart | None = None
        self._rows = 0
        self._balance = Decimal()

    def read(self, name: str, element: etree._Element) -> Iterator[Record]:
        """The records of an element that has ended."""
        match name:
            case "Line":
                yield from self._line(element)
            case "Transaction":
                yield from self._transaction(element)
            case "Journal":
                self._ids.clear()
            case "GeneralLedgerEntries":
                self._check_totals(Node(element))
            case _:
                total = Node(_parent_of(element))
                self._stated[name] = (
                    Decimal(total.needed_number(name)) if name == "NumberOfEntries" else total.needed_amount(name)
                )

    def _begin(self, element: etree._Element) -> Transaction:
        """The transaction's own words, which stand before its lines and are dropped with the first of them."""
        if "Journal" not in self._ids:
            self._ids["Journal"] = Node(_parent_of(element)).filled("JournalID", NUMBER_LENGTH)
        node = Node(element, self._ids)
        number = node.filled("TransactionID", NUMBER_LENGTH)
        self._ids["Transaction"] = number
        self._open = VoucherStart(
            line=node.line,
            series=self._ids["Journal"],
            number=number,
            voucher_date=node.needed_date("TransactionDate"),
            text=node.text("Description")[:TEXT_LENGTH],
            registered_on=node.date("SystemEntryDate"),
            signature=node.text("SourceID")[:SIGNATURE_LENGTH],
        )
        self._rows, self._balance = 0, Decimal()
        return Transaction(self._open, node.number("Period"), node.number("PeriodYear"))

    def _line(self, element: etree._Element) -> Iterator[Record]:
        if self._open is None:
            yield self._begin(_parent_of(element))
        node = Node(element, self._ids)
        debit, credit = self._amount(node, "DebitAmount"), self._amount(node, "CreditAmount")
        if debit is None and credit is None:
            raise MissingElementError(
                _("%(element)s is missing or empty.") % {"element": "DebitAmount, CreditAmount"},
                line=node.line,
                place=node.place,
            )
        self._sums["TotalDebit"] += debit or 0
        self._sums["TotalCredit"] += credit or 0
        amount = (debit or Decimal()) - (credit or Decimal())
        self._balance += amount
        self._rows += 1
        self._counted["lines"] += 1
        yield Line(
            line=node.line,
            account=node.filled("AccountID", NUMBER_LENGTH),
            analyses=self._analyses(node),
            customer=node.short("CustomerID", NUMBER_LENGTH),
            supplier=node.short("SupplierID", NUMBER_LENGTH),
            amount=amount,
            entry_date=node.date("ValueDate"),
            text=node.text("Description")[:TEXT_LENGTH],
            quantity=self._quantity(node),
        )

    def _amount(self, node: Node, name: str) -> Decimal | None:
        return node.inner_amount(name, "Amount") if node.has(name) else None

    def _quantity(self, node: Node) -> Decimal | None:
        quantity = node.quantity("Quantity")
        if quantity is not None and quantity != quantity.quantize(Decimal("0.0001")):
            self._remarks.add(node.line, _("A quantity has more than 4 decimals; it is rounded."))
        return quantity

    def _analyses(self, node: Node) -> tuple[tuple[str, str], ...]:
        if not node.has("Analysis"):
            return ()
        pairs = node.pairs("Analysis", "AnalysisType", "AnalysisID")
        if pairs is not None and len({name for name, _code in pairs}) == len(pairs):
            return pairs
        found: dict[str, tuple[Decimal, str]] = {}
        divided = set()
        for analysis in node.children("Analysis"):
            name, code = analysis.filled("AnalysisType", 9), analysis.filled("AnalysisID", CODE_LENGTH)
            part = _part(analysis)
            known = found.get(name)
            if known is not None and known[1] != code:
                divided.add(name)
            if known is None or part > known[0]:
                found[name] = (part, code)
        for name in sorted(divided):
            self._remarks.add(
                node.line,
                _("A line is divided among several objects of type %(type)s; its row keeps the largest part's.")
                % {"type": name},
            )
        return tuple((name, code) for name, (_part_of_line, code) in found.items())

    def _transaction(self, element: etree._Element) -> Iterator[Record]:
        if self._open is None:
            yield self._begin(element)
        start, self._open = self._open, None
        if start is None:
            return
        if self._balance:
            raise UnbalancedError(
                _("Transaction %(transaction)s doesn't sum to zero: debit less credit is %(difference)s.")
                % {"transaction": f"{start.series} {start.number}", "difference": self._balance},
                line=start.line,
                advice=_("Correct the transaction in the bookkeeping program and export the file again."),
            )
        self._counted["transactions"] += 1
        yield VoucherEnd(element.sourceline or start.line, start, self._rows)
        self._ids.pop("Transaction", None)

    def _check_totals(self, node: Node) -> None:
        entries = self._stated.get("NumberOfEntries")
        if entries is not None and entries != self._counted["transactions"]:
            if entries != self._counted["lines"]:
                raise TotalsError(
                    _("The file states %(stated)d transactions (NumberOfEntries) and holds %(found)d.")
                    % {"stated": int(entries), "found": self._counted["transactions"]},
                    line=node.line,
                    place=node.place,
                )
            self._remarks.add(node.line, _("NumberOfEntries counts the lines; it should count the transactions."))
        for name, total in self._sums.items():
            stated = self._stated.get(name)
            if stated is not None and stated != total:
                raise TotalsError(
                    _("The file states %(name)s %(stated)s, and its lines sum to %(found)s.")
                    % {"name": name, "stated": stated, "found": total},
                    line=node.line,
                    place=node.place,
                )


# A name may stand in several places (an invoice has lines too); it is read in this one.
PARENTS = {
    "Header": "AuditFile",
    "Account": "GeneralLedgerAccounts",
    "Customer": "Customers",
    "Supplier": "Suppliers",
    "AnalysisTypeTableEntry": "AnalysisTypeTable",
    "Line": "Transaction",
    "Transaction": "Journal",
    "Journal": "GeneralLedgerEntries",
    "GeneralLedgerEntries": "AuditFile",
    "NumberOfEntries": "GeneralLedgerEntries",
    "TotalDebit": "GeneralLedgerEntries",
    "TotalCredit": "GeneralLedgerEntries",
}


def _name_of(element: etree._Element | None) -> str:
    return "" if element is None else str(element.tag)[len(NS) :]


def _parent_of(element: etree._Element) -> etree._Element:
    return next(element.iterancestors())


def _balance(account: Node, end: str) -> Decimal:
    debit, credit = account.amount(f"{end}DebitBalance"), account.amount(f"{end}CreditBalance")
    return (debit or Decimal()) - (credit or Decimal())


def _part(analysis: Node) -> Decimal:
    """How much of its line an analysis has; zero where it doesn't say."""
    amounts = (analysis.child(name) for name in ("AnalysisAmount", "DebitAnalysisAmount", "CreditAnalysisAmount"))
    return max((abs(amount.needed_amount("Amount")) for amount in amounts if amount), default=Decimal())


def _selection(criteria: Node) -> Selection | None:
    """The days of the selection: stated as such, or by periods, which are the months of the calendar year."""
    first, last = criteria.date("SelectionStartDate"), criteria.date("SelectionEndDate")
    if first is None and last is None:
        first_month, first_year = criteria.number("PeriodStart"), criteria.number("PeriodStartYear")
        last_month, last_year = criteria.number("PeriodEnd"), criteria.number("PeriodEndYear")
        if first_year and last_year and FIRST_YEAR < first_year <= last_year < LAST_YEAR:
            first = dt.date(first_year, month_of(first_month or 1), 1)
            last = last_day_of(last_year, month_of(last_month or 12))
    return Selection(criteria.line, first, last) if first and last and first <= last else None


def month_of(period: int) -> int:
    """The month of a period; those beyond the twelfth are of the closing of the books."""
    return min(max(period, 1), 12)


def last_day_of(year: int, month: int) -> dt.date:
    """The last day of a month."""
    return dt.date(year, month, calendar.monthrange(year, month)[1])
