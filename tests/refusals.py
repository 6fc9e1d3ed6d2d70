"""What the database refuses, said in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction


@contextmanager
def the_database_refuses(sqlstate: str) -> Iterator[list[DatabaseError]]:
    """Expect that what is done inside ends, at its commit at the latest, in an error of this SQLSTATE; lends it."""
    errors: list[DatabaseError] = []
    try:
        with transaction.atomic():
            yield errors
            run_sql("set constraints all immediate")
    except DatabaseError as error:
        errors.append(error)
    if not errors:
        pytest.fail(f"The database did not refuse with {sqlstate}.")
    assert getattr(errors[0].__cause__, "sqlstate", None) == sqlstate


def run_sql(query: str, *parameters: Any) -> int:
    """Run a statement as another program would; returns how many rows it was about."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters or None)
        return int(cursor.rowcount)
