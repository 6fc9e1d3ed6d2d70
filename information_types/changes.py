"""When a row of a register was last written: the column that `changed_since` asks for, and the trigger that moves it.

It tells nobody of a change that was committed later than it was made: only a subscription proves that nothing is
missing. It is no part of `data`, so it is never captured.
"""

from typing import Any

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from information_types.triggers import RowTrigger


class Clock(models.Func):
    """The clock's time: the transaction's start would lie further back, before what others have read since."""

    function = "clock_timestamp"
    output_field: models.DateTimeField[Any, Any] = models.DateTimeField()


def changed_at() -> "models.DateTimeField[Any, Any]":
    """The column; the database fills it, whoever writes the row."""
    return models.DateTimeField(_("last changed"), editable=False, db_default=Clock())


def changed_at_moves() -> RowTrigger:
    """Move `changed_at` with a change of any other column, and with nothing else.

    Its name is the last of a row's triggers, so that it sees what they have filled in.
    """
    return RowTrigger(
        name="stamped",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        level=pgtrigger.Row,
        condition=pgtrigger.Condition("old.* is distinct from new.*"),
        func="""
            new.changed_at := old.changed_at;
            if new is distinct from old then
                new.changed_at := clock_timestamp();
            end if;
            return new;
        """,
    )
