"""The triggers that write the history: one for a table of objects, two for a table that links objects to others."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pgtrigger
from django.apps import apps
from django.db.models import Field, Model

from information_types.triggers import DatabaseTrigger

HIDDEN = "•••"
APPEND_ONLY = "23U09"  # SQLSTATE: an entry of the audit log was to be changed or deleted


class Kept(DatabaseTrigger):
    """Writes down what is made, changed and deleted of a table's objects.

    An update that changes no column of interest doesn't reach it: it is told to the database by their names.
    """

    def __init__(
        self,
        *,
        object_name: str,
        company: str,
        named: Mapping[str, tuple[str, str]],
        secret: Sequence[str],
        left_out: Sequence[str],
        part: tuple[str, str] | None,
    ) -> None:
        super().__init__(
            name="history", when=pgtrigger.After, operation=pgtrigger.Update, level=pgtrigger.Row, func="return null;"
        )
        self._object_name, self._company, self._named = object_name, company, named
        self._secret, self._left_out = secret, left_out
        self.part = part

    def _parts(self, model: Any) -> dict[str, Any]:
        columns = ", ".join(f'"{field.column}"' for field in self._fields(model))
        return {**super()._parts(model), "operation": f"INSERT OR UPDATE OF {columns} OR DELETE"}

    def get_declare(self, model: Any) -> list[tuple[str, str]]:  # noqa: ARG002 (a hook of pgtrigger's)
        """The two states, each field by its name, and what is different."""
        return [("before", "jsonb := '{}'"), ("after", "jsonb := '{}'"), ("different", "jsonb")]

    def get_func(self, model: Any) -> str:
        """Compare the two states and write down the difference."""
        subject = self.part[0] if self.part else model._meta.concrete_model._meta.label_lower
        key = model._meta.pk.column
        made, gone = ("changed", "changed") if self.part else ("created", "deleted")
        secrets = "".join(self._note_secret(model._meta.get_field(name)) for name in self._secret)
        return f"""
            if tg_op <> 'INSERT' then before := {self._state(model, "old")}; end if;
            if tg_op <> 'DELETE' then after := {self._state(model, "new")}; end if;
            select jsonb_object_agg(key, jsonb_build_array(before -> key, after -> key)) into different
            from jsonb_object_keys(before || after) key
            where coalesce(before -> key, 'null') is distinct from coalesce(after -> key, 'null');
            {secrets}
            if tg_op = 'INSERT' then
                perform history_write('{made}', '{subject}', new.{key}, {self._of("new")}, different);
            elsif tg_op = 'DELETE' then
                perform history_write('{gone}', '{subject}', old.{key}, {self._of("old")}, different);
            elsif different is not null then
                perform history_write('changed', '{subject}', new.{key}, {self._of("new")}, different);
            end if;
            return null;
        """

    def _of(self, row: str) -> str:
        return f"{self._object_name.format(row=row)}, {self._company.format(row=row)}"

    def _state(self, model: type[Model], row: str) -> str:
        shown = (field for field in self._fields(model) if field.name not in self._secret)
        pairs = ", ".join(f"'{self._prefix}{field.name}', {self._value(field, row)}" for field in shown)
        return f"jsonb_build_object({pairs})"

    @property
    def _prefix(self) -> str:
        return f"{self.part[1]}__" if self.part else ""

    def _value(self, field: "Field[Any, Any]", row: str) -> str:
        if field.name in self._named:
            table, column = self._named[field.name]
            return f"(select {column} from {table} where id = {row}.{field.column})"
        return f"{row}.{field.column}"

    def _note_secret(self, field: "Field[Any, Any]") -> str:
        return f"""
            if tg_op = 'UPDATE' and old.{field.column} is distinct from new.{field.column} then
                different := coalesce(different, '{{}}') || '{{"{field.name}": ["{HIDDEN}", "{HIDDEN}"]}}';
            end if;
        """

    def _fields(self, model: type[Model]) -> Iterator["Field[Any, Any]"]:
        for field in model._meta.concrete_fields:
            if not field.primary_key and field.name not in self._left_out:
                yield field


def kept(
    *,
    name: str,
    company: str = "null",
    named: Mapping[str, tuple[str, str]] | None = None,
    secret: Sequence[str] = (),
    left_out: Sequence[str] = (),
    part: tuple[str, str] | None = None,
) -> Kept:
    """Keep a history of a table's objects.

    `name` is SQL for what an object is called, `company` for the company that it is of; both write `{row}` for the row.
    `named` says of foreign keys by which column of which table they are shown. Of `secret` fields only that they were
    changed is kept, and of those `left_out` nothing. What is `part` of another object, whose key is its own, stands in
    that one's entries: (`subscriptions.subscription`, the name of the part).
    """
    return Kept(object_name=name, company=company, named=named or {}, secret=secret, left_out=left_out, part=part)


class KeptLinks(DatabaseTrigger):
    """Writes down what a statement added to, or removed from, the links of each object."""

    of: str

    def __init__(self, *, of: str, name: str, operation: Any, referencing: Any, func: str) -> None:
        super().__init__(
            name=name,
            when=pgtrigger.After,
            operation=operation,
            level=pgtrigger.Statement,
            referencing=referencing,
            func=func,
        )
        self.of = of


def kept_links(*, of: str, key: str, field: str, name: str, shown: str, company: str = "null") -> list[KeptLinks]:
    """Keep a history of a table that links an object (by its column `key`) to others: the object's `field`.

    `name` is SQL for what the object is called, `company` for whose it is; both write `{key}`. `shown` is SQL for what
    it is linked to, with `{row}`.
    """
    return [
        KeptLinks(
            of=of,
            name=f"history_{verb}",
            operation=operation,
            referencing=referencing,
            func=f"""
                perform history_write(
                    'changed', '{of}', linked.key, {name.format(key="linked.key")}, {company.format(key="linked.key")},
                    jsonb_build_object('{field}', jsonb_build_object('{verb}', linked.items))
                )
                from (
                    select link.{key} as key, jsonb_agg(shown.item order by shown.item) as items
                    from links link cross join lateral (select {shown.format(row="link")} as item) shown
                    group by link.{key} order by link.{key}
                ) linked;
                return null;
            """,
        )
        for verb, operation, referencing in (
            ("added", pgtrigger.Insert, pgtrigger.Referencing(new="links")),
            ("removed", pgtrigger.Delete, pgtrigger.Referencing(old="links")),
        )
    ]


def append_only() -> list[DatabaseTrigger]:
    """Let nobody change or delete a table's rows.

    An entry grows while its transaction goes on: `history_write` adds to it, called by the triggers of other tables.
    """
    refuse = f"raise exception 'The audit log is only added to.' using errcode = '{APPEND_ONLY}';"
    return [
        DatabaseTrigger(
            name="append_only",
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            level=pgtrigger.Row,
            func=f"""
                if tg_op = 'UPDATE' and pg_trigger_depth() > 1 and old.at >= transaction_timestamp()
                    and old.transaction = pg_current_xact_id()::text::bigint
                then
                    return new;
                end if;
                {refuse}
            """,
        ),
        DatabaseTrigger(
            name="no_truncate",
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            level=pgtrigger.Statement,
            func=f"""
                if current_setting('utkorg.allow_truncate', true) is distinct from 'on' then
                    {refuse}
                end if;
                return null;
            """,
        ),
    ]


def subjects() -> set[str]:
    """Return the models that a history is kept of (`auth.user`)."""
    found: set[str] = set()
    for model in apps.get_models():
        if any(isinstance(trigger, Kept) and not trigger.part for trigger in triggers_of(model)):
            found.add((model._meta.concrete_model or model)._meta.label_lower)
    return found


def triggers_of(model: type[Model]) -> Sequence[Any]:
    """Return the triggers that a model declares."""
    return getattr(model._meta, "triggers", ())
