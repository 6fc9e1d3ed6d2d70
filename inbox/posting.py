"""What an invoice's voucher might be: as it was, if it was taken back; else as the supplier's last one, or by the
company's usual accounts.

A proposal is never posted by itself. Amounts are in the company's currency, debit positive, credit negative.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from inbox.models import IncomingInvoice, Portal
from ledger.models import Account, Company, DimensionValue, FinancialYear, LedgerEntry, SupplierInvoice, Voucher
from ledger.services.vouchers import DIMENSIONS

CENT = Decimal("0.01")
LONGEST_TEXT = 500
REVERSE_CHARGE = frozenset({"AE", "K", "G"})


@dataclasses.dataclass(frozen=True, kw_only=True)
class UsualAccounts:
    """Account numbers of a country's standard chart, by what they are for; `vat_of_rates` where VAT has several."""

    payable: str
    vat: str
    rounding: str
    expense: str
    payables: tuple[str, ...]  # how the numbers begin of all accounts of that use
    vats: tuple[str, ...]
    vat_of_rates: Mapping[Decimal, str] = dataclasses.field(default_factory=dict)


# Source: the BAS chart's and the Norwegian standard chart's common numbers; an account is used if the company has it.
SWEDISH = UsualAccounts(payable="2440", vat="2641", rounding="3740", expense="4000", payables=("244",), vats=("264",))
NORWEGIAN = UsualAccounts(
    payable="2400",
    vat="2711",
    rounding="7770",
    expense="4300",
    payables=("240",),
    vats=("271",),
    vat_of_rates={Decimal(25): "2711", Decimal(15): "2713", Decimal(12): "2714"},
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProposedRow:
    """A row of the voucher; without an account where the company has none of the kind."""

    account: Account | None
    amount: Decimal
    text: str = ""
    dimensions: Mapping[str, DimensionValue | None] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Proposal:
    """A voucher to look at. Without rows while the exchange rate isn't known."""

    voucher_date: date
    series: str
    voucher_text: str
    rows: tuple[ProposedRow, ...]
    exchange_rate: Decimal | None
    based_on: Voucher | None
    remarks: tuple[str, ...]

    @property
    def needs_rate(self) -> bool:
        """Whether a person has to say what the invoice's currency costs."""
        return self.exchange_rate is None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Amounts:
    """What an invoice comes to: `net` + `vat` + `rounding` - `prepaid` = `payable`."""

    net: Decimal
    vat: Decimal
    rounding: Decimal
    prepaid: Decimal
    payable: Decimal


def usual_accounts(company: Company) -> UsualAccounts:
    """Return the numbers that are usual where the company keeps its books."""
    return NORWEGIAN if company.currency == "NOK" else SWEDISH


def propose(
    incoming: IncomingInvoice, *, exchange_rate: Decimal | None = None, voucher_date: date | None = None
) -> Proposal:
    """Propose the voucher of an invoice that is in the register."""
    invoice = incoming.supplier_invoice
    if invoice is None:
        raise ValueError("An invoice that isn't in the register has no amounts to post.")
    content = incoming.content or {}
    remarks: list[str] = []
    own = _posted_before(incoming)
    before = own or last_voucher(invoice)
    company = _company_on(incoming.company_id, invoice.invoice_date)
    kind = _Rows(company, content, before, remarks)
    rate = exchange_rate or _rate(company, invoice, content) or (kind.rate_of(invoice.amount) if own else None)
    day = voucher_date or _open_day(company, invoice.invoice_date, remarks)
    rows: tuple[ProposedRow, ...] = ()
    if rate is not None:
        amounts = amounts_of(invoice, content, rate)
        rows = tuple((kind.as_before(amounts) if own else ()) or kind.of(amounts))
    if own is not None:
        remarks.append(_("Accounts and dimensions are those of %(voucher)s, which was taken back.") % {"voucher": own})
    elif before is not None:
        remarks.append(
            _("Accounts and dimensions are those of %(voucher)s, the supplier's last.") % {"voucher": before}
        )
    if {group.get("category") for group in content.get("vat", ())} & REVERSE_CHARGE:
        remarks.append(_("The buyer accounts for the VAT (reverse charge): add its rows."))
    return Proposal(
        voucher_date=day,
        series=own.series if own else _series(company, before),
        voucher_text=own.text if own and own.text else _text(invoice),
        rows=rows,
        exchange_rate=rate,
        based_on=before,
        remarks=tuple(remarks),
    )


def _posted_before(incoming: IncomingInvoice) -> Voucher | None:
    """The voucher that the invoice itself had before it was taken back."""
    if incoming.posted_before_id is None:
        return None
    return Voucher.objects.select_related("company", "financial_year").filter(pk=incoming.posted_before_id).first()


def last_voucher(invoice: SupplierInvoice) -> Voucher | None:
    """Return the voucher of the supplier's last invoice that was posted, unless it was taken back."""
    if invoice.supplier_id is None:
        return None
    posted = (
        SupplierInvoice.objects.filter(supplier=invoice.supplier_id, voucher__isnull=False, voucher__reversals=None)
        .exclude(pk=invoice.pk)
        .select_related("voucher__company", "voucher__financial_year")
        .order_by("-id")
        .first()
    )
    return posted.voucher if posted else None


def amounts_of(invoice: SupplierInvoice, content: Mapping[str, Any], rate: Decimal) -> Amounts:
    """Return an invoice's amounts in the company's currency; the register's are the ones that hold."""
    totals = content.get("totals", {})
    # What the document says beside holds for its own sum alone: somebody may have corrected the invoice.
    as_sent = _decimal(totals.get("payable")) == invoice.amount
    rounding, prepaid = ((_decimal(totals.get(name)) if as_sent else Decimal(0)) for name in ("rounding", "prepaid"))
    in_books = _vat_in_books(invoice, content)
    vat = in_books if in_books is not None and as_sent and rate != 1 else invoice.vat_amount * rate
    payable, vat, rounding, prepaid = (
        amount.quantize(CENT, ROUND_HALF_UP) for amount in (invoice.amount * rate, vat, rounding * rate, prepaid * rate)
    )
    return Amounts(net=payable - rounding + prepaid - vat, vat=vat, rounding=rounding, prepaid=prepaid, payable=payable)


def shared(amount: Decimal, parts: Sequence[Decimal]) -> list[Decimal]:
    """Share an amount as others were shared; the largest part takes what rounding leaves."""
    whole = sum(parts)
    if not whole:
        return [amount, *(Decimal(0) for _part in parts[1:])]
    shares = [(amount * part / whole).quantize(CENT, ROUND_HALF_UP) for part in parts]
    largest = max(range(len(parts)), key=lambda place: abs(parts[place]))
    shares[largest] += amount - sum(shares)
    return shares


class _Rows:
    """The rows of a proposal: each kind of amount with its account."""

    def __init__(
        self,
        company: Company,
        content: Mapping[str, Any],
        before: Voucher | None,
        remarks: list[str],
    ) -> None:
        self.company, self.content, self.remarks = company, content, remarks
        self.usual = usual_accounts(company)
        self.portal = portal_of(company)
        self.codes = str(content.get("accounting_cost") or "").replace(":", " ").replace(";", " ").split()[:8]
        self.accounts = {account.number: account for account in self._may_be_used()}
        rows = before.rows.select_related("account", *DIMENSIONS).order_by("row") if before else ()
        self.before: tuple[LedgerEntry, ...] = tuple(rows)

    def of(self, amounts: Amounts) -> Iterable[ProposedRow]:
        """Return the rows, costs first and the debt last."""
        yield from self._costs(amounts.net)
        yield from self._vat(amounts.vat)
        if amounts.rounding:
            account = self._account(self.portal.rounding_account, self.usual.rounding)
            yield ProposedRow(account=account, amount=amounts.rounding, text=_("Rounding"))
        if amounts.prepaid:
            self.remarks.append(_("A part is paid in advance: say on which account the payment stands."))
            yield ProposedRow(account=None, amount=-amounts.prepaid, text=_("Paid in advance"))
        yield ProposedRow(account=self._payable(), amount=-amounts.payable)

    def as_before(self, amounts: Amounts) -> Sequence[ProposedRow]:
        """Return the rows as they were posted before; none where the invoice has come to other amounts since."""
        posted = {row.amount for row in self.before}
        vat = sum((row.amount for row in self.before if row.account.number.startswith(self.usual.vats)), Decimal(0))
        is_reversed = bool({group.get("category") for group in self.content.get("vat", ())} & REVERSE_CHARGE)
        if -amounts.payable not in posted | {self._debt()} or not (is_reversed or amounts.vat in posted | {vat}):
            return ()
        return [
            ProposedRow(
                account=_in_use(row.account),
                amount=row.amount,
                text=row.text,
                dimensions={name: getattr(row, name) for name in DIMENSIONS},
            )
            for row in self.before
        ]

    def rate_of(self, amount: Decimal) -> Decimal | None:
        """Return at what rate an amount was posted before."""
        debt = -self._debt()
        if not debt or not amount or (debt > 0) != (amount > 0):
            return None
        return (debt / amount).quantize(Decimal("0.000001"), ROUND_HALF_UP)

    def _debt(self) -> Decimal:
        """What stands on accounts of supplier debts, credit negative."""
        numbers = (*self.usual.payables, self.portal.payable_account or self.usual.payable)
        return sum((row.amount for row in self.before if row.account.number.startswith(numbers)), Decimal(0))

    def _costs(self, net: Decimal) -> Iterable[ProposedRow]:
        former = [row for row in self.before if self._is_cost(row)]
        if former:
            for row, amount in zip(former, shared(net, [row.amount for row in former]), strict=True):
                if amount:
                    dimensions = {name: getattr(row, name) for name in DIMENSIONS}
                    yield ProposedRow(account=_in_use(row.account), amount=amount, dimensions=dimensions)
            return
        account, dimensions = self._said_by_supplier()
        yield ProposedRow(
            account=account or self._account(self.portal.expense_account, self.usual.expense),
            amount=net,
            dimensions=dimensions,
        )

    def _said_by_supplier(self) -> tuple[Account | None, dict[str, DimensionValue]]:
        """What the buyer's own reference on the invoice (BT-19) stands for, where it is one of the company's codes."""
        if not self.codes:
            return None, {}
        account = next((self.accounts[code] for code in self.codes if code in self.accounts), None)
        values = DimensionValue.objects.filter(company=self.company, code__in=self.codes, active=True)
        names = {dimension: name for name, dimension in DIMENSIONS.items()}
        return account, {
            names[DimensionValue.Dimension(value.dimension)]: value for value in values if value.dimension in names
        }

    def _vat(self, vat: Decimal) -> Iterable[ProposedRow]:
        if not vat:
            return
        groups = [group for group in self.content.get("vat", ()) if _decimal(group.get("tax"))]
        numbers = [self.usual.vat_of_rates.get(_decimal(group.get("rate")), "") for group in groups]
        if self.portal.vat_account or len(set(numbers)) < 2 or not all(numbers):
            former = next((row.account for row in self.before if row.account.number.startswith(self.usual.vats)), None)
            account = _in_use(former) or self._account(self.portal.vat_account, self.usual.vat)
            yield ProposedRow(account=account, amount=vat, text=_("VAT"))
            return
        for number, amount in zip(numbers, shared(vat, [_decimal(group["tax"]) for group in groups]), strict=True):
            yield ProposedRow(account=self._account("", number), amount=amount, text=_("VAT"))

    def _payable(self) -> Account | None:
        former = next((row.account for row in self.before if row.account.number.startswith(self.usual.payables)), None)
        return _in_use(former) or self._account(self.portal.payable_account, self.usual.payable)

    def _is_cost(self, row: LedgerEntry) -> bool:
        number = row.account.number
        others = {self.portal.payable_account, self.portal.vat_account, self.portal.rounding_account} - {""}
        others.add(self.usual.rounding)
        return number not in others and not number.startswith((*self.usual.payables, *self.usual.vats))

    def _may_be_used(self) -> QuerySet[Account]:
        """The accounts that the company has of all that may be meant."""
        usual, portal = self.usual, self.portal
        chosen = (portal.payable_account, portal.vat_account, portal.rounding_account, portal.expense_account)
        numbers = {*chosen, usual.payable, usual.vat, usual.rounding, usual.expense, *usual.vat_of_rates.values()}
        return Account.objects.filter(company=self.company, number__in=numbers | set(self.codes), active=True)

    def _account(self, chosen: str, usual: str) -> Account | None:
        number = chosen or usual
        account = self.accounts.get(number)
        if account is None:
            self.remarks.append(_("The company has no active account %(number)s: choose another.") % {"number": number})
        return account


def _in_use(account: Account | None) -> Account | None:
    return account if account is not None and account.active else None


def _rate(company: Company, invoice: SupplierInvoice, content: Mapping[str, Any]) -> Decimal | None:
    """What one unit of the invoice's currency costs; None where neither books nor invoice say it."""
    if invoice.currency == company.currency:
        return Decimal(1)
    in_books = _vat_in_books(invoice, content)
    if in_books is None or not invoice.vat_amount:
        return None
    return (in_books / invoice.vat_amount).quantize(Decimal("0.000001"), ROUND_HALF_UP)


def _vat_in_books(invoice: SupplierInvoice, content: Mapping[str, Any]) -> Decimal | None:
    """The VAT in the company's currency, which an invoice in another states (BT-111)."""
    if content.get("tax_currency") != invoice.company.currency or content.get("tax_currency") == invoice.currency:
        return None
    stated = _decimal(content.get("totals", {}).get("vat_in_tax_currency"))
    return stated if stated and (stated > 0) == (invoice.vat_amount > 0) else None


def _decimal(value: Any) -> Decimal:
    return Decimal(value) if value not in (None, "") else Decimal(0)


def portal_of(company: Company) -> Portal:
    """A company's portal; one that says nothing where it has none."""
    return getattr(company, "portal", None) or Portal(company=company)


def _company_on(company_id: int, day: date) -> Any:
    """The company with what a voucher takes, asked for at once.

    Its portal, its last `series`, and whether the day and today can be posted on (`is_open`, `is_open_today`).
    """
    last = Voucher.objects.filter(company=OuterRef("pk")).order_by("-id").values("series")[:1]
    return (
        Company.objects.select_related("portal")
        .annotate(last_series=Subquery(last), is_open=_is_open(day), is_open_today=_is_open(timezone.localdate()))
        .get(pk=company_id)
    )


def _is_open(day: date) -> Exists:
    unlocked = Q(locked_until=None) | Q(locked_until__lt=day)
    years = FinancialYear.objects.filter(unlocked, company=OuterRef("pk"), first_day__lte=day, last_day__gte=day)
    return Exists(years)


def _open_day(company: Any, wanted: date, remarks: list[str]) -> date:
    """The day wanted, if it can be posted on; else today, if that can be."""
    if company.is_open:
        return wanted
    if company.is_open_today:
        remarks.append(_("The invoice's date can't be posted on: its period is locked, or has no financial year."))
        return timezone.localdate()
    remarks.append(_("Neither the invoice's date nor today can be posted on: choose a day in an open period."))
    return wanted


def _series(company: Any, before: Voucher | None) -> str:
    if series := portal_of(company).series:
        return series
    last: str | None = before.series if before else company.last_series
    return "A" if last is None else last


def _text(invoice: SupplierInvoice) -> str:
    name = invoice.supplier.name if invoice.supplier else ""
    return f"{name} {invoice.invoice_number}".strip()[:LONGEST_TEXT]
