"""The proxies that carry capture triggers, made from the registry: pgtrigger writes them into this app's migrations."""

from collections.abc import Iterator

from django.db.models import Model

from information_types import registry, sql
from information_types.triggers import DatabaseTrigger
from revisions import triggers


def proxies() -> Iterator[type[Model]]:
    """A proxy for each model that is captured, or that a captured row's `data` is read over."""
    for model, found in _triggers_by_model().items():
        meta = type("Meta", (), {"proxy": True, "app_label": "revisions", "default_permissions": (), "triggers": found})
        yield type(f"Captured{model.__name__}", (model,), {"__module__": "revisions.models", "Meta": meta})


def _triggers_by_model() -> dict[type[Model], list[DatabaseTrigger]]:
    found = {model: triggers.capture(model) for model in registry.captured_models()}
    for information_type in registry.all_types():
        for parent in sql.parents(information_type):
            found.setdefault(parent.model, []).append(triggers.shown_in(information_type, parent))
    for model, hops in _hops_by_target().items():
        found.setdefault(model, []).append(triggers.stays(hops))
    return found


def _hops_by_target() -> dict[type[Model], list[sql.Hop]]:
    found: dict[type[Model], list[sql.Hop]] = {}
    for hop in dict.fromkeys(hop for known in registry.all_types() for hop in sql.hops(known)):
        found.setdefault(hop.target, []).append(hop)
    return found
