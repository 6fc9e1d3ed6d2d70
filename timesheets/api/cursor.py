"""Where a page ended: signed, and good for the same question only."""

import dataclasses
import hashlib

from django.core import signing
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ValidationError

from timesheets.time_api import Wish

SALT = "utkorg.time"


def after(text: str, wish: Wish) -> int:
    """Return the place after which a page begins; empty is the first. Raises DRF's ValidationError."""
    if not text:
        return 0
    try:
        place, asked = signing.loads(text, salt=SALT)
    except (signing.BadSignature, ValueError):
        raise _refused(_("This is no cursor of ours."), "invalid_cursor") from None
    if asked != _mark(wish):
        raise _refused(_("The cursor is of another question. Begin again with an empty one."), "other_question")
    return int(place)


def at(place: int, wish: Wish) -> str:
    """Return the cursor that goes on after a place."""
    return signing.dumps([place, _mark(wish)], salt=SALT)


def _mark(wish: Wish) -> str:
    return hashlib.sha256(repr(sorted(dataclasses.asdict(wish).items())).encode()).hexdigest()[:32]


def _refused(told: str, code: str) -> ValidationError:
    return ValidationError({"cursor": [ErrorDetail(told, code=code)]})
