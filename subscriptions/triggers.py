"""Triggers that keep counts, so that a list of subscriptions needn't count what each is missing."""

import pgtrigger

from information_types.triggers import DatabaseTrigger

FEWER = """
            update subscriptions_missingcount kept set companies = kept.companies - gone.companies
            from (
                select subscription_id, information_type, reason, count(*) as companies from old_rows group by 1, 2, 3
            ) gone
            where kept.subscription_id = gone.subscription_id and kept.information_type = gone.information_type
              and kept.reason = gone.reason;
            delete from subscriptions_missingcount
            where subscription_id = any(array(select distinct subscription_id from old_rows)) and companies = 0;"""
MORE = """
            insert into subscriptions_missingcount as kept (subscription_id, information_type, reason, companies, since)
            select subscription_id, information_type, reason, count(*), min(since) from new_rows
            group by 1, 2, 3 order by 1, 2, 3
            on conflict (subscription_id, information_type, reason) do update set
                companies = kept.companies + excluded.companies, since = least(kept.since, excluded.since);"""


def count_missing() -> list[DatabaseTrigger]:
    """Keep `MissingCount` as rows of `Resync` come, change and go."""
    return [
        _trigger("count_missing_insert", pgtrigger.Insert, MORE, new="new_rows"),
        _trigger("count_missing_update", pgtrigger.Update, FEWER + MORE, old="old_rows", new="new_rows"),
        _trigger("count_missing_delete", pgtrigger.Delete, FEWER, old="old_rows"),
    ]


def _trigger(name: str, operation: pgtrigger.Operation, func: str, **tables: str) -> DatabaseTrigger:
    return DatabaseTrigger(
        name=name,
        when=pgtrigger.After,
        operation=operation,
        level=pgtrigger.Statement,
        referencing=pgtrigger.Referencing(**tables),
        func=f"{func}\nreturn null;",
    )
