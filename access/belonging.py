"""Which companies the rows of a model belong to, and which rights are of companies at all.

A model's rows belong to companies by its shortest way of foreign keys (`LedgerEntry`: `voucher__company`); one whose
way is another declares it (`rule`). What belongs to no company, such as users and applications, is the installation's.
"""

from collections import deque
from collections.abc import Callable
from functools import cache
from typing import Any, cast

from django.apps import apps
from django.db.models import ForeignKey, Model, Q, QuerySet

from ledger.models import Company

Rule = Callable[[QuerySet[Company]], Q]

_RULES: dict[type[Model], Rule] = {}
_KNOWN_TO_ALL: dict[type[Model], Q] = {}


def rule(model: type[Model]) -> Callable[[Rule], Rule]:
    """Declare how a model's rows belong to companies, where no foreign key says it."""

    def declare(found: Rule) -> Rule:
        _RULES[model] = found
        return found

    return declare


def known_to_all(model: type[Model], which: Q) -> None:
    """Declare rows of no company's that whoever may look at others of their kind may look at; no more than that."""
    _KNOWN_TO_ALL[model] = which


def rows_known_to_all(model: type[Model]) -> Q | None:
    """Return the condition of `known_to_all`; None where there are no such rows."""
    return _KNOWN_TO_ALL.get(model)


def rows_of(model: type[Model], companies: QuerySet[Company]) -> Q:
    """Return the condition under which a model's row belongs to one of the companies; none for the installation's."""
    if model in _RULES:
        return _RULES[model](companies)
    path = path_to_company(model)
    return Q() if path is None else Q(**{f"{path}__in": companies.order_by().values("pk")})


def is_of_companies(model: type[Model]) -> bool:
    """Tell whether a model's rows belong to companies."""
    return model in _RULES or path_to_company(model) is not None


def has_rule(model: type[Model]) -> bool:
    """Tell whether it takes more than the way of foreign keys to know whose a row is."""
    return model in _RULES


def company_of(row: Model) -> int | None:
    """Return the company (id) that a row is of by its way of foreign keys, as it stands in memory; None for none."""
    path = path_to_company(type(row)._meta.concrete_model or type(row))
    if path is None:
        return None
    if path == "pk":
        return cast(int | None, row.pk)
    *between, last = path.split("__")
    here: Any = row
    for name in between:
        here = getattr(here, name, None)  # a row that isn't filled in yet has none
    return getattr(here, f"{last}_id", None)


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


@cache
def installation_permissions() -> frozenset[str]:
    """Return the rights (``app.codename``) to what belongs to no company: nobody has them as member of a company."""
    return frozenset(
        f"{model._meta.app_label}.{codename}"
        for model in apps.get_models()
        if not is_of_companies(model._meta.concrete_model or model)
        for codename in permissions_of_model(model)
    )


@cache
def company_permissions() -> frozenset[str]:
    """Return the rights (``app.codename``) to what belongs to companies."""
    return frozenset(
        f"{model._meta.app_label}.{codename}"
        for model in apps.get_models()
        if is_of_companies(model._meta.concrete_model or model)
        for codename in permissions_of_model(model)
    )


def permissions_of_model(model: type[Model]) -> list[str]:
    """Return the codenames of a model's rights."""
    meta: Any = model._meta
    return [
        *(f"{action}_{meta.model_name}" for action in meta.default_permissions),
        *(codename for codename, _name in meta.permissions),
    ]


def _references(model: type[Model]) -> list["ForeignKey[Any, Any]"]:
    return [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]
