"""Asking for it, and following it."""

from datetime import date

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from notices import turns
from revisions.models import TakingIn

TASK = "revisions.tasks.take_in"


class UnderWay(Exception):
    """One at a time: writes are taken in in their order."""

    def __init__(self) -> None:
        super().__init__(_("Something is being taken in already. Wait until it is done."))


def ask_for(
    *, what: str, user: User | None, name: str, with_uncertain: bool = False, since: date | None = None
) -> TakingIn:
    """Note that somebody wants it; `start` has a worker do it. Raises UnderWay."""
    try:
        with transaction.atomic():
            return TakingIn.objects.create(
                what=what,
                asked_by=user,
                asked_by_name=name,
                language=get_language() or "",
                with_uncertain=with_uncertain,
                since=since,
            )
    except IntegrityError:
        raise UnderWay from None


def start(taking_in: TakingIn) -> None:
    """Ask a worker to go on with it; with the broker down, beat asks again."""
    turns.ask(TASK, taking_in)
