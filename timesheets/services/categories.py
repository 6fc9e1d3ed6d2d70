"""Time categories: what is written to their hours, and what is in the way of deleting one."""

from django.db import IntegrityError, transaction
from django.utils.translation import ngettext

from ledger.models import Company
from ledger.services.checks import check_values
from timesheets.exceptions import CategoryExists, CategoryInUse
from timesheets.models import TimeCategory, TimeTransaction

SHOWN_IN_HOURS = ("name", "category_type", "payable")
MOST_COUNTED = 100_000


def create_category(
    *,
    company: Company,
    number: int,
    name: str,
    category_type: str = TimeCategory.Type.ORDINARY,
    payable: bool = True,
    active: bool = True,
) -> TimeCategory:
    """Make a time category. Raises `CategoryExists`, and Django's `ValidationError` for values that can't be kept."""
    made = TimeCategory(
        company=company, number=number, name=name, category_type=category_type, payable=payable, active=active
    )
    names = {field.name for field in made._meta.concrete_fields if not field.primary_key}
    check_values(made, names)
    if TimeCategory.objects.filter(company=company, number=number).exists():
        raise CategoryExists
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        if getattr(error.__cause__, "sqlstate", "") != "23505":
            raise
        raise CategoryExists from error
    return made


def change_category(
    *,
    category: TimeCategory,
    name: str | None = None,
    category_type: str | None = None,
    payable: bool | None = None,
    active: bool | None = None,
) -> int:
    """Change a category: of what is given; return of how many hours its name, type and paid mark were written anew."""
    wanted = {"name": name, "category_type": category_type, "payable": payable, "active": active}
    with transaction.atomic():
        locked = TimeCategory.objects.select_for_update(no_key=True).get(pk=category.pk)
        changed = {field: value for field, value in wanted.items() if value not in (None, getattr(locked, field))}
        for field, value in changed.items():
            setattr(locked, field, value)
            setattr(category, field, value)
        if not changed:
            return 0
        check_values(locked, changed.keys())
        locked.save(update_fields=list(changed))
        return hours_in(category) if changed.keys() & set(SHOWN_IN_HOURS) else 0


def hours_in(category: TimeCategory) -> int:
    """How many hours are in a category; of many, that there are `MOST_COUNTED` at least."""
    rows = TimeTransaction.objects.filter(time_category=category).order_by()
    return rows.values("pk")[:MOST_COUNTED].count()


def delete_category(*, category: TimeCategory) -> None:
    """Delete a category without hours. Raises `CategoryInUse` for one with them."""
    with transaction.atomic():
        TimeCategory.objects.select_for_update().get(pk=category.pk)
        if count := hours_in(category):
            text = ngettext(
                "%(count)s registration is in the category %(category)s. Make the category inactive instead: nothing "
                "can be registered in it then.",
                "%(count)s registrations are in the category %(category)s. Make the category inactive instead: nothing "
                "can be registered in it then.",
                count,
            )
            raise CategoryInUse(text % {"count": count, "category": category})
        category.delete()
