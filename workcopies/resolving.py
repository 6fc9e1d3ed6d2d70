"""Resolving a conflict: what somebody chose is written by the services, and both sides are kept as they were.

The choice is made against the server's document as it was shown. Where that has changed since, nothing is written.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from access.rights import Rights
from workcopies.choosing import WHOLE, Choice, Part, Side, parts_of, put_together, undecided
from workcopies.documents.document import Document
from workcopies.documents.kinds import Kind, kinds_by_register
from workcopies.documents.theirs import read_theirs
from workcopies.exceptions import ConflictClosed, MayNotResolve, NotChosen, TheirsMoved
from workcopies.landing.copies import one_at_a_time
from workcopies.landing.refusing import REFUSALS, reason_of
from workcopies.landing.remembering import remember_resolved
from workcopies.landing.resolving import write_document
from workcopies.models import Conflict

__all__ = ["REFUSALS", "reason_of"]

CHANGE = "workcopies.change_conflict"


def kind_of(conflict: Conflict) -> Kind:
    """What kind of document it is about."""
    return kinds_by_register()[conflict.register]


def document(kept: Mapping[str, object] | None) -> Document | None:
    """A side as it was kept."""
    return None if kept is None else Document.from_json(kept)


def mark_of(found: Document | None) -> str:
    """A short text, another one for any other content: what a page says that it has shown."""
    said = "" if found is None else json.dumps(found.as_json(), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def theirs_now(conflict: Conflict, *, lock: bool = False) -> Document | None:
    """The server's document as of now; None where it is gone."""
    known = document(conflict.theirs) or document(conflict.mine) or document(conflict.base)
    if known is None:
        return None
    where = (known.register, known.key)
    return read_theirs([where], lock=lock).get(where)


def parts(conflict: Conflict, theirs: Document | None) -> list[Part]:
    """What there is to choose among, against a state of the server's."""
    return parts_of(document(conflict.base), document(conflict.mine), theirs)


def composed(conflict: Conflict, theirs: Document | None, choices: Mapping[str, Choice]) -> Document | None:
    """The document that choices make; raises `NotChosen` where somebody has still to choose."""
    found = parts(conflict, theirs)
    if missing := undecided(found, choices):
        raise NotChosen(missing)
    mine = document(conflict.mine)
    of = theirs or mine
    return None if of is None else put_together(found, choices, of=of)


def lacking(conflict: Conflict, rights: Rights) -> str | None:
    """The first right that somebody lacks to resolve a conflict; None where they may."""
    needed = (CHANGE, permission("change", kind_of(conflict).model))
    return next((name for name in needed if not rights.may(name, company=conflict.company_id)), None)


def permission(verb: str, model: type[Model]) -> str:
    """The name of a right to a register."""
    return f"{model._meta.app_label}.{verb}_{model._meta.model_name}"


def all_of(side: Side, found: Sequence[Part]) -> dict[str, Choice]:
    """The choices that take one side throughout, also where the other alone changed something."""
    return {part.path: Choice(side) for part in found if part.path == WHOLE or part.mine != part.theirs}


@transaction.atomic
def resolve(*, conflict: Conflict, choices: Mapping[str, Choice], seen: str, by: User, rights: Rights) -> Conflict:
    """Write what was chosen, part by part; `seen` is the mark of the server's document that was chosen against.

    Raises `ConflictClosed`, `MayNotResolve`, `TheirsMoved`, `NotChosen`, and what the services refuse; then nothing is
    written.
    """
    one_at_a_time([conflict.company_id])
    held = Conflict.objects.select_for_update(no_key=True, of=("self",)).select_related("company").get(pk=conflict.pk)
    if held.status != Conflict.Status.OPEN:
        raise ConflictClosed
    theirs = theirs_now(held, lock=True)
    if mark_of(theirs) != seen:
        raise TheirsMoved
    result = composed(held, theirs, choices)
    if missing := lacking(held, rights):
        raise MayNotResolve(missing)
    after = write_document(wanted=result, theirs=theirs, rights=rights)
    remember_resolved(conflict=held, theirs=after)
    held.theirs = theirs and theirs.as_json()
    held.resolution = after and after.as_json()
    held.choices = {path: choice.as_json() for path, choice in choices.items()}
    held.status, held.resolved_at = Conflict.Status.RESOLVED, timezone.now()
    held.resolved_by, held.resolved_by_name = by, by.get_username()
    held.save()
    return held
