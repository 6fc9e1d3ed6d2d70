"""What the database fills in of hours, whoever writes them: admin, REST, import, raw SQL."""

from typing import Any

import pgtrigger
from django.db import models

from information_types.triggers import DatabaseTrigger

OF_CATEGORY = ("time_category_name", "time_category_type", "time_category_payable")
# What approving and marking change isn't the hours themselves. Source: seeds/time-api-no.txt, where
# lastApprovedOrUpdatedFilter knows approvals and lastUpdatedGreaterThanOrEqualToFilter doesn't.
NOT_AN_UPDATE = (
    *(f"approved_level_{level}{part}" for level in ("one", "two", "three", "four") for part in ("", "_by", "_on")),
    "external_status_code",
    "external_status_set_on",
    "correlation_id",
    "changed_at",
)


class Clock(models.Func):
    """The clock's time, where the transaction's start would run backwards."""

    function = "clock_timestamp"
    output_field: models.DateTimeField[Any, Any] = models.DateTimeField()


CLOCK = Clock()


def filled() -> DatabaseTrigger:
    """Fill what follows from the category and the row, and move `last_updated_on` with a change of the hours.

    A new row holds its category still until it is committed, so that it can't miss the category's change.
    """
    unmoved = "".join(f"after.{name} := old.{name}; " for name in (*NOT_AN_UPDATE, "last_updated_on"))
    kept = "".join(f"new.{name} := old.{name}; " for name in OF_CATEGORY)
    return DatabaseTrigger(
        name="filled",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        level=pgtrigger.Row,
        declare=[("category", "record"), ("after", "timesheets_timetransaction")],
        func=f"""
            if tg_op = 'INSERT' then
                select number, name, category_type, payable into category from timesheets_timecategory
                where id = new.time_category_id for share;
                new.time_category_name := category.name;
                new.time_category_type := category.category_type;
                new.time_category_payable := category.payable;
                new.record_state_key := new.uid || '_' || category.number || '_' || new.quantity;
                new.last_updated_on := clock_timestamp();
                return new;
            end if;
            if pg_trigger_depth() = 1 then
                {kept}
            end if;
            new.record_state_key := old.record_state_key;
            if new.quantity <> old.quantity then
                new.record_state_key := concat_ws(
                    '_', new.uid, split_part(old.record_state_key, '_', 2), new.quantity
                );
            end if;
            after := new;
            {unmoved}
            new.last_updated_on := old.last_updated_on;
            if after is distinct from old then
                new.last_updated_on := clock_timestamp();
            end if;
            return new;
        """,
    )


def category_shows_in_hours() -> DatabaseTrigger:
    """Write a category's changed name, type or paid mark to its hours: a change of each of them."""
    return DatabaseTrigger(
        name="shows_in_hours",
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        level=pgtrigger.Row,
        condition=pgtrigger.Condition(
            "old.name <> new.name or old.category_type <> new.category_type or old.payable <> new.payable"
        ),
        func="""
            update timesheets_timetransaction
            set time_category_name = new.name, time_category_type = new.category_type,
                time_category_payable = new.payable
            where time_category_id = new.id;
            return null;
        """,
    )
