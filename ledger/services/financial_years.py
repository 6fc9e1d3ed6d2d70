"""Opening, changing and deleting financial years; a period is locked and unlocked by `locked_until`."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.exceptions import OutsideYear, YearsOverlap
from ledger.models import Company, FinancialYear, Voucher
from ledger.services.master_data import create_row, delete_row, set_changed, set_values
from ledger.services.vouchers import ledger_refusals


def create_year(*, row: FinancialYear, values: Mapping[str, Any]) -> FinancialYear:
    """Open a financial year. Raises `YearsOverlap`, and what `create_row` does."""
    with ledger_refusals(), transaction.atomic():
        set_values(row, values)
        _check_days(row)
        create_row(row=row, values=values)
    return row


def change_year(*, row: FinancialYear, values: Mapping[str, Any]) -> FinancialYear:
    """Give a year another end, or lock it until another day.

    Raises `YearsOverlap`, `OutsideYear` where vouchers would be left outside, and what `change_row` does.
    """
    with ledger_refusals(), transaction.atomic():
        # Who posts in the year holds it; the company comes after it, as in the database's own look.
        FinancialYear.objects.select_for_update(no_key=True).get(pk=row.pk)
        changed = set_changed(row, values)
        if "last_day" in changed:
            _check_days(row)
            _check_vouchers(row)
        if changed:
            row.save(update_fields=changed)
    return row


def delete_year(*, row: FinancialYear) -> None:
    """Delete a year; raises `InUse` where there are vouchers or balances of it."""
    delete_row(row=row)


def _check_days(row: FinancialYear) -> None:
    if None in (row.company_id, row.first_day, row.last_day):
        return  # told by whoever looks at the values
    # One year of a company at a time: two new ones at once would not see each other.
    Company.objects.select_for_update(no_key=True).get(pk=row.company_id)
    others = FinancialYear.objects.filter(company=row.company_id).exclude(pk=row.pk)
    if (
        others.filter(first_day__lte=row.last_day, last_day__gte=row.first_day)
        .exclude(first_day=row.first_day)
        .exists()
    ):
        raise YearsOverlap


def _check_vouchers(row: FinancialYear) -> None:
    outside = Q(voucher_date__lt=row.first_day) | Q(voucher_date__gt=row.last_day)
    found = Voucher.objects.filter(outside, company=row.company_id, financial_year=row)
    if (voucher := found.order_by("-voucher_date", "-id").first()) is not None:
        text = _("Voucher %(voucher)s of %(day)s would be in no financial year. Choose a later last day.")
        raise OutsideYear(text % {"voucher": voucher, "day": voucher.voucher_date}, field="last_day")
