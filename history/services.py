"""Entries that no trigger writes."""

from typing import Any

from django.contrib.auth.models import User

from history.models import Change


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
    )


def note_export(*, subject: str, name: str, user: User, details: dict[str, Any]) -> Change:
    """Write down that somebody took a list home; `details` say how many rows, by which filters, in which form."""
    return Change.objects.create(
        kind=Change.Kind.EXPORTED,
        subject=subject,
        object_name=name[:300],
        changes={field: [None, value] for field, value in details.items()},
        user=user,
        user_name=user.get_username(),
        via="admin",
    )
