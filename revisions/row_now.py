"""A row as it stands in its register, found by its key and read as `data`."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from information_types.definition import InformationType
from information_types.sql import Joins, row_sql

NOW = "select r.id, {data} from {table} r {joins} where {company} = %(company)s and {conditions} and {only}"


@dataclasses.dataclass(frozen=True)
class RowNow:
    """The row's primary key, and its line of finished JSON."""

    pk: int
    line: str


def find(*, information_type: InformationType, company: int, key: Mapping[str, Any]) -> RowNow | None:
    """The row of that key in a company (id); None where there is none now."""
    row = row_sql(information_type)
    query = NOW.format(
        data=row.data,
        table=information_type.model._meta.db_table,
        joins=row.joins,
        company=row.company_id,
        conditions=key_conditions(information_type, key_names(information_type)),
        only=row.only,
    )
    with connection.cursor() as cursor:
        cursor.execute(query, {"company": company, **key_values(information_type, key)})
        found = cursor.fetchone()
    return RowNow(*found) if found else None


def key_names(information_type: InformationType) -> Sequence[str]:
    """The names of the key's fields but the company."""
    return [name for name in information_type.key if name != "company"]


def key_conditions(information_type: InformationType, names: Sequence[str]) -> str:
    """The SQL by which a query of `row_sql` finds rows by fields of their key; true without any."""
    conditions = [f"{key_column(information_type, name)} = %(key_{name})s" for name in names]
    return " and ".join(conditions) or "true"


def key_column(information_type: InformationType, name: str) -> str:
    """The SQL column of one of the key's fields."""
    return _columns(information_type)[name][0]


def key_values(information_type: InformationType, key: Mapping[str, Any]) -> dict[str, Any]:
    """A key's values as parameters of `key_conditions`, of the columns' own types, which their index is of."""
    columns = _columns(information_type)
    return {f"key_{name}": columns[name][1].to_python(key[name]) for name in key_names(information_type)}


def _columns(information_type: InformationType) -> dict[str, tuple[str, Any]]:
    joins = Joins(information_type.model)
    return {field.name: joins.column(field.path)[:2] for field in information_type.key_fields}
