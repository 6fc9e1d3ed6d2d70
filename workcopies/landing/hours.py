"""Hours and their categories, by the services that everybody uses."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from timesheets.models import LEVELS, TimeCategory, TimeTransaction
from timesheets.services.approving import approve, withdraw_approval
from timesheets.services.categories import change_category, create_category, delete_category
from timesheets.services.cleaning import WRITABLE
from timesheets.services.deleting import delete_hours
from timesheets.services.registering import change_hours, register_hours
from workcopies.landing.refusing import Refused

APPROVE = "timesheets.approve_timetransaction"


def create_hours_category(*, row: TimeCategory, values: Mapping[str, Any]) -> TimeCategory:
    """Make a time category of `row`'s company."""
    return create_category(company=row.company, **_without_none(values))


def change_hours_category(*, row: TimeCategory, values: Mapping[str, Any]) -> TimeCategory:
    """Give a time category the values."""
    change_category(category=row, **_without_none(values))
    return row


def delete_hours_category(*, row: TimeCategory) -> None:
    """Delete a time category without hours."""
    delete_category(category=row)


def create_hours(
    *, row: TimeTransaction, values: Mapping[str, Any], uid: int | None, may_approve: bool
) -> TimeTransaction:
    """Register hours of `row`'s company and category, by default as a registration of their own."""
    _check_approvals(row, values, may_approve=may_approve)
    wanted = {name: values[name] for name in WRITABLE if name in values}
    naming = {"time_category": row.time_category.number} | ({} if uid is None else {"uid": uid})
    (made,) = register_hours(company=row.company, rows=[{**wanted, **naming}], may_change=False)
    found = TimeTransaction.objects.select_related("company", "time_category").get(pk=made.pk or 0)
    _approve(found, values)
    return found


def change_hours_row(*, row: TimeTransaction, values: Mapping[str, Any], may_approve: bool) -> TimeTransaction:
    """Give hours the values. What was approved stays so where nothing but an approval is asked for."""
    wanted = {name: values[name] for name in WRITABLE if name in values and values[name] != _shown(row, name)}
    approvals = _check_approvals(row, values, may_approve=may_approve)
    if "external_status_code" in values and (values["external_status_code"] or "") != row.external_status_code:
        raise Refused(_("What another system has marked is marked by that system alone."), code="invalid")
    if wanted:
        change_hours(company=row.company, rows={row.pk: wanted})
    if approvals:
        _approve(TimeTransaction.objects.get(pk=row.pk), values)
    row.refresh_from_db()
    return row


def delete_hours_row(*, row: TimeTransaction, may_approve: bool) -> None:
    """Delete hours; approved ones only by whoever may approve."""
    delete_hours(rows=TimeTransaction.objects.filter(pk=row.pk), may_delete_approved=may_approve)


def _approve(row: TimeTransaction, values: Mapping[str, Any]) -> None:
    rows = TimeTransaction.objects.filter(pk=row.pk)
    for number, level in enumerate(LEVELS, start=1):
        name = f"approved_level_{level}"
        if name not in values or values[name] == getattr(row, name):
            continue
        if values[name]:
            approve(rows=rows, level=number, by=values.get(f"{name}_by") or "")
        else:
            withdraw_approval(rows=rows, level=number)


def _check_approvals(row: TimeTransaction, values: Mapping[str, Any], *, may_approve: bool) -> set[str]:
    """The levels whose approval would be another."""
    levels = {f"approved_level_{level}" for level in LEVELS}
    changed = {name for name in levels & values.keys() if values[name] != getattr(row, name)}
    if changed and not may_approve:
        raise Refused(_("You lack the right to approve hours."), code="permission_denied")
    return changed


def _shown(row: TimeTransaction, name: str) -> Any:
    value = getattr(row, name)
    return None if value == "" else value


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
