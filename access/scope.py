"""Which rows a person may know of: every list, page, search, choice and export of the admin asks `visible`.

A model's rows belong to companies by its shortest way of foreign keys (`LedgerEntry`: `voucher__company`); one whose
way is another declares it (`rule`). Rows of no company are seen by whoever has the right to see their kind.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.models import User as Person
from django.db.models import ForeignKey, Model, Q, QuerySet

from ledger.models import Company

M = TypeVar("M", bound=Model)
User = Person | AnonymousUser
Rule = Callable[[QuerySet[Company]], Q]

_RULES: dict[type[Model], Rule] = {}


def rule(model: type[Model]) -> Callable[[Rule], Rule]:
    """Declare how a model's rows belong to companies, where no foreign key says it."""

    def declare(found: Rule) -> Rule:
        _RULES[model] = found
        return found

    return declare


@dataclass(frozen=True)
class Reach:
    """What somebody may know of: the rows of these companies; None for those of all."""

    companies: QuerySet[Company] | None = None

    def of(self, model: type[Model], /) -> Q:
        """The condition under which a row of the model is within reach."""
        if self.companies is None:
            return Q()
        if model in _RULES:
            return _RULES[model](self.companies)
        path = path_to_company(model)
        return Q() if path is None else Q(**{f"{path}__in": self.companies.order_by().values("pk")})


def reach_of(_user: User) -> Reach:
    """How far a user's sight reaches; whoever has a right has it for all of the installation."""
    return Reach()


def visible(rows: QuerySet[M], user: User) -> QuerySet[M]:
    """Return those of the rows that the user may know of."""
    return rows.filter(reach_of(user).of(rows.model))


def visible_companies(user: User) -> QuerySet[Company]:
    """Return the companies that the user may know of."""
    return visible(Company.objects.all(), user)


@cache
def path_to_company(model: type[Model]) -> str | None:
    """Return the shortest way of foreign keys from a model to its company; None for what belongs to no company."""
    if model is Company:
        return "pk"
    seen, ways = {model}, deque([(model, "")])
    while ways:
        here, way = ways.popleft()
        for field in _references(here):
            there: Any = field.related_model
            if there is Company:
                return f"{way}{field.name}"
            if there not in seen:
                seen.add(there)
                ways.append((there, f"{way}{field.name}__"))
    return None


def _references(model: type[Model]) -> list["ForeignKey[Any, Any]"]:
    return [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]
