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

from access.belonging import (
    company_of,
    has_rule,
    is_of_companies,
    path_to_company,
    permissions_of_model,
    rows_known_to_all,
    rows_of,
    rule,
)
from access.models import Membership
from access.rights import Rights, rights_of
from ledger.models import Company

M = TypeVar("M", bound=Model)
User = Person | AnonymousUser

__all__ = [
    "Reach",
    "may",
    "may_by_key",
    "may_everywhere",
    "may_of_new",
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
    model, permission = _concrete(rows.model), view_right(rows.model)
    if model is Person and not rights_of_request(user).may(str(permission)):
        return rows.filter(_known_people(user))
    shared, reach = rows_known_to_all(model), reach_of(user, permission)
    if shared is not None and reach.companies is not None and rights_of_request(user).may(str(permission)):
        return rows.filter(reach.of(model) | shared)
    return within(rows, user, permission)


def within(rows: QuerySet[M], user: User, permission: str | None) -> QuerySet[M]:
    """Return those of the rows for which the user has a right; for None, any right in their company."""
    model = _concrete(rows.model)
    if permission is not None and not is_of_companies(model):
        return rows  # The page itself asks for the right: there is nothing to tell one row from another by.
    return rows.filter(reach_of(user, permission).of(model))


def _known_people(user: User) -> Q:
    """Oneself, and the people of the companies that one may know of."""
    if (companies := reach_of(user).companies) is None:
        return Q()
    members = Membership.objects.filter(rows_of(Membership, companies), ended_at=None)
    return Q(pk=user.pk) | Q(pk__in=members.order_by().values("user"))


def visible_companies(user: User) -> QuerySet[Company]:
    """Return the companies that the user may know of."""
    return visible(Company.objects.all(), user)


def may(user: User, permission: str, row: Model) -> bool:
    """Tell whether a user has a right for one row: in its company, or for the installation if it has none."""
    model = _concrete(type(row))
    if not has_rule(model):
        companies = rights_of_request(user).companies_with(permission)
        if companies is not None and is_of_companies(model):
            return company_of(row) in companies
    # What isn't kept yet and has a rule of its own is nobody's; its form knows what it is going to be of.
    return may_by_key(user, permission, model, row.pk)


def may_by_key(user: User, permission: str, model: type[Model], key: int | None) -> bool:
    """Tell the same of a row by its key; one that is asked for again in a request is looked up once."""
    rights = rights_of_request(user)
    if not rights.may(permission):
        return False
    companies = rights.companies_with(permission)
    if companies is None or not is_of_companies(model):
        return True
    if key is None:
        return False
    asked: dict[Any, bool] = user.__dict__.setdefault("_rights_asked", {})
    question = (model, key, companies)
    if question not in asked:
        rows: QuerySet[Any] = model._base_manager.filter(_reach(companies).of(model), pk=key)
        asked[question] = rows.exists()
    return asked[question]


def may_everywhere(user: User, permission: str) -> bool:
    """Tell whether a user has a right in every company, those that are added later included."""
    return rights_of_request(user).companies_with(permission) is None


def may_of_new(user: User, permission: str, companies: Iterable[int] | None) -> bool:
    """Tell whether a user has a right for what is going to be of some companies (None: of all)."""
    reach = rights_of_request(user).companies_with(permission)
    if reach is None:
        return True
    return companies is not None and reach.issuperset(companies)


def view_right(model: type[Model]) -> str | None:
    """Return the right to look at rows of a model; None where there is none of its own."""
    found = _concrete(model)
    codename = f"view_{found._meta.model_name}"
    return f"{found._meta.app_label}.{codename}" if codename in permissions_of_model(found) else None


def _reach(companies: Iterable[int] | None) -> Reach:
    return Reach() if companies is None else Reach(Company.objects.filter(pk__in=companies))


def _concrete(model: type[Model]) -> type[Model]:
    return model._meta.concrete_model or model
