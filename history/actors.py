"""Who is at work: said once for a request or a command, and told to the database by each transaction that writes."""

import dataclasses
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

from django.db import connection, transaction

WRITES = re.compile(r"\s*(insert|update|delete|with)\b", re.IGNORECASE)
TELL = "select set_config('utkorg.actor', %s, true)"

Execute = Callable[..., Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Actor:
    """A person, a key, a program; names are kept as they are today, since people and keys may be gone tomorrow.

    `address` is where a request came from, None for what comes by no network.
    """

    user_id: int | None = None
    user_name: str = ""
    key_name: str = ""
    via: str = ""
    address: str | None = None

    def as_json(self) -> str:
        """The setting's value."""
        return json.dumps(dataclasses.asdict(self))


_NOBODY = Actor()
_current: ContextVar[Actor] = ContextVar("actor", default=_NOBODY)


def current_actor() -> Actor:
    """Return who acts now; without a name where nobody has said."""
    return _current.get()


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Let what this thread writes meanwhile be the actor's."""
    value = actor.as_json()

    def tell(execute: Execute, sql: str, parameters: Any, many: bool, context: dict[str, Any]) -> Any:
        if not WRITES.match(sql):
            return execute(sql, parameters, many, context)
        # The setting is forgotten at the end of the transaction, and so is made again in each.
        with nullcontext() if connection.in_atomic_block else transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(TELL, [value])
            return execute(sql, parameters, many, context)

    before = _current.set(actor)
    try:
        with connection.execute_wrapper(tell):
            yield
    finally:
        _current.reset(before)
