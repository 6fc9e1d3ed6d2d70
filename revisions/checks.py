"""System checks of the database: whoever could write past the capture is found.

They need a database, so they run with `migrate` and `check --database default`.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from django.apps import apps
from django.core import checks
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Model

from information_types import registry, sql

TRIGGERS = """
    select tgrelid::regclass::text, tgname, tgenabled, obj_description(oid, 'pg_trigger')
    from pg_trigger where not tgisinternal and tgrelid::regclass::text = any(%(tables)s)
"""
CASCADES = """
    select conname, conrelid::regclass::text, confrelid::regclass::text from pg_constraint
    where contype = 'f' and (confdeltype in ('c', 'n', 'd') or confupdtype in ('c', 'n', 'd'))
"""
DEFERRABLE = """
    select conname, conrelid::regclass::text from pg_constraint
    where contype in ('u', 'p') and condeferrable and conrelid::regclass::text = any(%(tables)s)
"""
REPLICATED = """
    select subname, srrelid::regclass::text
    from pg_subscription_rel join pg_subscription on pg_subscription.oid = srsubid
    where srrelid::regclass::text = any(%(tables)s)
"""


def register() -> None:
    """Register the checks; they look at the databases that they are given."""
    for check in (check_triggers, check_cascades, check_natural_keys, check_replication):
        checks.register(check, checks.Tags.database)


def check_triggers(databases: Collection[str] | None = None, **_kwargs: Any) -> list[checks.CheckMessage]:
    """Each trigger that the models declare is there and enabled, and captured tables have no others."""
    return list(_of_each(databases, _trigger_messages))


def check_cascades(databases: Collection[str] | None = None, **_kwargs: Any) -> list[checks.CheckMessage]:
    """No foreign key to or from a captured table acts by itself."""
    return list(_of_each(databases, _cascade_messages))


def check_natural_keys(databases: Collection[str] | None = None, **_kwargs: Any) -> list[checks.CheckMessage]:
    """No unique constraint of a captured table waits for the commit."""
    return list(_of_each(databases, _deferrable_messages))


def check_replication(databases: Collection[str] | None = None, **_kwargs: Any) -> list[checks.CheckMessage]:
    """No logical replication writes a captured table."""
    return list(_of_each(databases, _replication_messages))


def models() -> set[type[Model]]:
    """The models whose rows are captured, or show in captured rows."""
    return {hop.target for known in registry.all_types() for hop in sql.hops(known)}.union(registry.captured_models())


def tables() -> list[str]:
    """Their tables."""
    return sorted({model._meta.db_table for model in models()})


def _of_each(
    databases: Collection[str] | None, messages: "Callable[[str], Iterator[checks.CheckMessage]]"
) -> Iterator[checks.CheckMessage]:
    for alias in databases or ():
        if _is_migrated(alias):
            yield from messages(alias)


def _is_migrated(alias: str) -> bool:
    # `migrate` asks the checks before it begins: what its migrations will bring must not keep it from running.
    migrations = MigrationExecutor(connections[alias])
    return not migrations.migration_plan(migrations.loader.graph.leaf_nodes())


def _trigger_messages(alias: str) -> Iterator[checks.CheckMessage]:
    found = {(table, name): (enabled, mark) for table, name, enabled, mark in _rows(alias, TRIGGERS)}
    expected = dict(_declared())
    for (table, name), mark in sorted(expected.items()):
        enabled, installed = found.get((table, name), ("D", None))
        if installed is None:
            yield _error("E001", f"{table} lacks the trigger {name}.", "Run the migrations.")
        elif enabled not in {"O", "A"}:
            yield _error(
                "E002", f"The trigger {name} of {table} is disabled.", f"alter table {table} enable trigger {name};"
            )
        elif installed != mark:
            yield _error("E003", f"The trigger {name} of {table} is not the one declared.", "Run the migrations.")
    for table, name in sorted(found.keys() - expected.keys()):
        hint = "A trigger that writes captured tables, or skips rows, can put copies in a wrong order. Remove it."
        yield _error("E004", f"{table} has a trigger {name} that isn't Utkorg's.", hint)


def _declared() -> Iterator[tuple[tuple[str, str], str]]:
    watched = set(tables())
    for model in (model for model in apps.get_models() if model._meta.db_table in watched):
        for trigger in getattr(model._meta, "triggers", ()):
            compiled = trigger.compile(model)
            yield (model._meta.db_table, trigger.get_pgid(model)), compiled.hash


def _cascade_messages(alias: str) -> Iterator[checks.CheckMessage]:
    ours = set(tables())
    for name, table, target in _rows(alias, CASCADES):
        if {table, target} & ours:
            hint = "The rows would go or change without the parent that their copies need. Let Django cascade."
            yield _error("E005", f"The foreign key {name} of {table} to {target} acts by itself.", hint)


def _deferrable_messages(alias: str) -> Iterator[checks.CheckMessage]:
    for name, table in _rows(alias, DEFERRABLE):
        hint = "One key could be created by one transaction before another deletes it. Make it not deferrable."
        yield _error("E006", f"The constraint {name} of {table} is deferrable.", hint)


def _replication_messages(alias: str) -> Iterator[checks.CheckMessage]:
    for name, table in _rows(alias, REPLICATED):
        hint = "What logical replication applies fires no statement triggers, so no integration would be told."
        yield _error("E007", f"The subscription {name} of a logical replication writes {table}.", hint)


def _error(number: str, message: str, hint: str) -> checks.Error:
    return checks.Error(message, hint=hint, id=f"revisions.{number}")


def _rows(alias: str, query: str) -> list[tuple[Any, ...]]:
    with connections[alias].cursor() as cursor:
        cursor.execute(query, {"tables": tables()})
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
