"""Which rows a person may know of: every list, page, search, choice and export of the admin asks `visible`.

A row may be known by whoever has the right to look at its kind in one of its companies (`access.belonging`). Rows of
no company are seen by whoever has that right for the installation.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.models import User as Person
from django.db.models import Model, Q, QuerySet

from access.belonging import is_of_companies, path_to_company, permissions_of_model, rows_of, rule
from access.rights import Rights, rights_of
from ledger.models import Company

M = TypeVar("M", bound=Model)
User = Person | AnonymousUser

__all__ = [
    "Reach",
    "may",
    "path_to_company",
    "reach_of",
    "rights_of_request",
    "rule",
    "view_right",
    "visible",
    "visible_companies",
    "within",
]


@dataclass(frozen=True)
class Reach:
    """What somebody may know of: the rows of these companies; None for those of all."""

    companies: QuerySet[Company] | None = None

    def of(self, model: type[Model], /) -> Q:
        """The condition under which a row of the model is within reach."""
        return Q() if self.companies is None else rows_of(model, self.companies)


def rights_of_request(user: User) -> Rights:
    """What a person may do, read once for the object that stands for them: it lives as long as a request."""
    found: Rights | None = getattr(user, "_rights", None)
    if found is None:
        found = rights_of(user)
        user._rights = found  # type: ignore[union-attr]
    return found


def reach_of(user: User, permission: str | None = None) -> Reach:
    """How far a right of a user's reaches; without one, how far any does."""
    rights = rights_of_request(user)
    return _reach(rights.visible if permission is None else rights.companies_with(permission))


def visible(rows: QuerySet[M], user: User) -> QuerySet[M]:
    """Return those of the rows that the user may look at."""
    return within(rows, user, view_right(rows.model))


def within(rows: QuerySet[M], user: User, permission: str | None) -> QuerySet[M]:
    """Return those of the rows for which the user has a right; for None, any right in their company."""
    model = _concrete(rows.model)
    if permission is not None and not is_of_companies(model):
        return rows  # The page itself asks for the right: there is nothing to tell one row from another by.
    return rows.filter(reach_of(user, permission).of(model))


def visible_companies(user: User) -> QuerySet[Company]:
    """Return the companies that the user may know of."""
    return visible(Company.objects.all(), user)


def may(user: User, permission: str, row: Model) -> bool:
    """Tell whether a user has a right for one row: in its company, or for the installation if it has none."""
    rights = rights_of_request(user)
    if not rights.may(permission):
        return False
    companies = rights.companies_with(permission)
    model: Any = _concrete(type(row))
    if companies is None or not is_of_companies(model):
        return True
    if row.pk is None:
        return True  # Not kept yet: its form offers only companies within reach.
    return bool(model._base_manager.filter(_reach(companies).of(model), pk=row.pk).exists())


def view_right(model: type[Model]) -> str | None:
    """Return the right to look at rows of a model; None where there is none of its own."""
    found = _concrete(model)
    codename = f"view_{found._meta.model_name}"
    return f"{found._meta.app_label}.{codename}" if codename in permissions_of_model(found) else None


def _reach(companies: Iterable[int] | None) -> Reach:
    return Reach() if companies is None else Reach(Company.objects.filter(pk__in=companies))


def _concrete(model: type[Model]) -> type[Model]:
    return model._meta.concrete_model or model
