"""Entries that no trigger writes."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from history.actors import Actor, current_actor
from history.models import Change, ChangeKind
from ledger.models import Company

LOCK = 0x557445  # "UtE": the first of two numbers of the advisory lock of an event that is counted
COUNTED = timedelta(hours=1)
MOST_ADDRESSES = 50  # of an event that is counted: who has many addresses fills no log


def note_event(
    *,
    kind: ChangeKind,
    subject: Model | type[Model],
    name: str | None = None,
    company: Company | None = None,
    details: Mapping[str, Any] | None = None,
    actor: Actor | None = None,
    most_an_hour: int | None = None,
) -> Change | None:
    """Write down that something happened that changed no row: to an object, or to none that is known of a kind.

    `details` are fields with what is so now, or with lists of before and after; nothing secret. `actor` is whoever acts
    unless somebody else is named. With `most_an_hour` an event beyond so many from one address isn't written, and None
    returned. It is part of the transaction that it is called in.
    """
    by = actor if actor is not None else current_actor()
    thing = subject if isinstance(subject, Model) else None
    entry = Change(
        kind=kind,
        subject=(subject._meta.concrete_model or subject)._meta.label_lower,
        object_id=thing.pk if thing else None,
        object_name=(name if name is not None else str(thing) if thing else "")[:300],
        company=company,
        changes={
            field: value if isinstance(value, list) else [None, value] for field, value in (details or {}).items()
        },
        user_id=by.user_id,
        user_name=by.user_name,
        key_name=by.key_name,
        via=by.via,
        address=by.address,
    )
    with transaction.atomic():
        if most_an_hour is not None and _is_told_enough(entry, most_an_hour):
            return None
        entry.save(force_insert=True)
    return entry


def note_emptying(*, subject: str, object_id: int, name: str, user: User | None, details: dict[str, Any]) -> Change:
    """Write down that what an object held was thrown away, by whom (None: the installation itself); see `Change`."""
    return Change.objects.create(
        kind=Change.Kind.EMPTIED,
        subject=subject,
        object_id=object_id,
        object_name=name[:300],
        changes=details,
        user=user,
        user_name=user.get_username() if user else "",
        via="admin" if user else "",
        address=current_actor().address,
    )


def note_export(*, subject: str, name: str, actor: Actor, details: dict[str, Any]) -> Change:
    """Write down that somebody took a list home; `details` say how many rows, by which filters, in which form."""
    return Change.objects.create(
        kind=Change.Kind.EXPORTED,
        subject=subject,
        object_name=name[:300],
        changes={field: [None, value] for field, value in details.items()},
        user_id=actor.user_id,
        user_name=actor.user_name,
        via=actor.via,
        address=actor.address,
    )


def _is_told_enough(entry: Change, most: int) -> bool:
    with connection.cursor() as cursor:
        # Of many at once one counts after the other.
        name = f"{entry.kind} {entry.subject} {entry.object_id}"
        cursor.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, name])
    told = Change.objects.filter(kind=entry.kind, subject=entry.subject, object_id=entry.object_id)
    told = told.filter(at__gt=timezone.now() - COUNTED)
    return told.filter(address=entry.address)[:most].count() >= most or told.count() >= most * MOST_ADDRESSES
