"""Taking a voucher back by another with all signs turned: what is posted stays, and says what became of it."""

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ledger.exceptions import AlreadyReversed, PeriodLocked
from ledger.models import FinancialYear, LedgerEntry, Voucher
from ledger.services.vouchers import Entry, Header, is_locked, ledger_refusals, lock_voucher, post_voucher

LONGEST_TEXT = 500


def reverse_voucher(
    *, voucher: Voucher, voucher_date: date | None = None, text: str | None = None, series: str | None = None
) -> Voucher:
    """Post a voucher that takes another back: its rows, with amounts and quantities of the other sign.

    By default of the same series, on the day that `day_of_reversal` says, with a text that names what is reversed.
    Raises `AlreadyReversed`, and what `post_voucher` does.
    """
    with ledger_refusals(), transaction.atomic():
        voucher = lock_voucher(voucher)
        if (reversal := voucher.reversal) is not None:
            raise AlreadyReversed(reversal)
        header = Header(
            voucher_date=voucher_date or day_of_reversal(voucher),
            text=text_of_reversal(voucher) if text is None else text,
            registered_on=timezone.localdate(),
        )
        return post_voucher(
            company=voucher.company,
            series=voucher.series if series is None else series,
            header=header,
            entries=[_turned(row) for row in _rows(voucher)],
            reverses=voucher,
        )


def day_of_reversal(voucher: Voucher) -> date:
    """The voucher's own day, so that it leaves no trace in any period; if that is locked today, if today can be posted.

    Else the first open day after it. Raises `PeriodLocked` where there is none.
    """
    if not is_locked(voucher.financial_year, voucher.voucher_date):
        return voucher.voucher_date
    later = FinancialYear.objects.filter(company=voucher.company_id, last_day__gte=voucher.voucher_date)
    open_days = [span for year in later.order_by("first_day") if (span := _open_days(year)) is not None]
    today = timezone.localdate()
    if any(first <= today <= last for first, last in open_days):
        return today
    if not open_days:
        raise PeriodLocked
    return open_days[0][0]


def text_of_reversal(voucher: Voucher) -> str:
    """What the reversal says of itself, in the language of whoever asks for it."""
    named = _("Reversal of %(voucher)s") % {"voucher": voucher}
    return f"{named}: {voucher.text}"[:LONGEST_TEXT] if voucher.text else named


def _open_days(year: FinancialYear) -> tuple[date, date] | None:
    """The first and the last day of a year in which can be posted."""
    first = year.first_day if year.locked_until is None else max(year.first_day, year.locked_until + timedelta(days=1))
    return (first, year.last_day) if first <= year.last_day else None


def _rows(voucher: Voucher) -> "list[LedgerEntry]":
    rows = voucher.rows.select_related("account", "cost_centre", "project", "object", "management_area")
    return list(rows.order_by("row"))


def _turned(row: LedgerEntry) -> Entry:
    return Entry(
        account=row.account,
        amount=-row.amount,
        quantity=None if row.quantity is None else -row.quantity,
        text=row.text,
        cost_centre=row.cost_centre,
        project=row.project,
        object=row.object,
        management_area=row.management_area,
        other_dimensions=row.other_dimensions,
    )
