"""Reading all rows of a list, however many, a piece at a time.

First the keys are read, in the list's order, by one statement (eight bytes a row); then the rows themselves, some
thousand at a time by their keys. So no transaction stays open while somebody downloads, nothing is kept in a session of
the database (PgBouncer in transaction mode is fine), no order is sorted twice, and no row comes twice or is left out
however the list is ordered. A row that is deleted meanwhile is left out; one that is changed comes as it is then.
"""

from array import array
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet

AT_ONCE = 2_000


def read_keys(rows: QuerySet[Any], *, most: int | None = None) -> Sequence[int]:
    """Return the keys of the rows in their order; `most` ends it."""
    chosen = rows.values_list("pk", flat=True)[:most]
    if connection.vendor != "postgresql":
        return array("q", chosen.iterator())
    sql, values = chosen.query.sql_with_params()
    keys = array("q")
    with connection.cursor() as cursor:
        operations: Any = connection.ops
        statement = operations.compose_sql(sql, values)
        with connection.wrap_database_errors, cursor.copy(f"copy ({statement}) to stdout") as copy:
            for line in copy:
                # With DISTINCT what is ordered by follows.
                keys.append(int(bytes(line).split(b"\t", 1)[0]))
    return keys


def read_rows(rows: QuerySet[Any], keys: Sequence[int]) -> Iterator[list[Any]]:
    """Yield the rows of the keys in their order, a piece at a time."""
    unordered = rows.order_by()
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        found = {row.pk: row for row in unordered.filter(pk__in=some)}
        yield [found[key] for key in some if key in found]
        # Whoever downloads slowly holds no connection of a pool meanwhile.
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
