"""Cursors as text: signed, and of one query."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, get_args

from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ValidationError

from registers.paging import Cursor, Side

# What may be asked for otherwise on the next page.
FREE = frozenset({"cursor", "limit", "fields"})
SIDES = get_args(Side)


class Cursors:
    """The cursors of one query of one register."""

    def __init__(self, name: str, query: Mapping[str, list[str]]) -> None:
        chosen = sorted((key, sorted(values)) for key, values in query.items() if key not in FREE)
        self._query = hashlib.blake2b(json.dumps([name, chosen]).encode(), digest_size=9).hexdigest()
        self._signer = Signer(sep=".", salt="registers.cursor")

    def write(self, cursor: Cursor) -> str:
        """Return a cursor as text."""
        return self._signer.sign_object([self._query, SIDES.index(cursor.side), *cursor.place])

    def read(self, text: str) -> Cursor:
        """Return the cursor that a text stands for; raises ValidationError."""
        try:
            query, side, *place = self._signer.unsign_object(text)
        except BadSignature:
            raise _refused(_("This is no cursor of ours."), "invalid_cursor") from None
        if query != self._query:
            raise _refused(_("This cursor is of another query: begin without one."), "foreign_cursor")
        return Cursor(SIDES[side], tuple(place))


def _refused(detail: str, code: str) -> ValidationError:
    wrong: dict[str, Any] = {"cursor": [ErrorDetail(detail, code)]}
    return ValidationError(wrong)
