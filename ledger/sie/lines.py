"""A line's fields, and an object list's objects.

Fields are split by blanks and tabs, quoted where they hold such; `\\"` is the only escape, so that a backslash is a
backslash everywhere else (Windows paths). Source: SIE 4B §5.7 and §7.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from ledger.importing.messages import message as _
from ledger.importing.records import CODE_LENGTH, Objects
from ledger.sie.exceptions import BrokenLineError, BrokenValueError, quoted

BLANKS = " \t"
QUOTED = r'"([^"\\]*+(?:\\"?[^"\\]*+)*+)"'
LIST = r'\{((?:[^{}"]|"(?:[^"\\]|\\"?)*+")*+)\}'

_FIELD = re.compile(rf'[ \t]*+(?:{QUOTED}(?=[ \t]|$)|{LIST}|([^ \t"][^ \t]*+))')
# What programs write against the standard: a path that ends in a backslash, last on its line ("C:\Bokföring\"), and
# quotation marks that aren't escaped ("F"rskott"); a mark followed by a blank, or last on the line, closes the field.
_QUOTED_PATH = re.compile(r'[ \t]*+"([^"]*\\)"()()$')
_UNESCAPED = re.compile(r'[ \t]*+"((?:[^"\\]|\\"?|"(?![ \t]|$))*+)"()()')
_LAST_FIELD = re.compile(r'[ \t]*+"(.*)"()()$')
_OBJECT_FIELD = re.compile(rf'{QUOTED}|([^ \t"]++)|(\S)')
DIMENSION = re.compile(r"[0-9]{1,9}")


class ObjectList(NamedTuple):
    """The text between the braces of an object list, not looked at yet."""

    text: str


Field = str | ObjectList


class Split(NamedTuple):
    """A line's label and fields, and whether they are written as the standard says."""

    fields: list[Field]
    is_standard: bool


def split_line(text: str, *, ends_with_name: bool = False) -> Split:
    """Split a line without its end; on lines that end with a name, an unescaped quotation mark belongs to the name.

    Raises `BrokenLineError` for a quotation mark that isn't closed.
    """
    fields: list[Field] = []
    position, end, is_standard = 0, len(text.rstrip(BLANKS)), True
    while position < end:
        match = _FIELD.match(text, position, end)
        if match is None:
            match, is_standard = _nonstandard(text, position, end, ends_with_name), False
        in_quotes, objects, bare = match.groups()
        fields.append(
            ObjectList(objects) if objects is not None and not in_quotes else _unescaped(in_quotes or bare or "")
        )
        position = match.end()
    return Split(fields, is_standard)


def _nonstandard(text: str, position: int, end: int, ends_with_name: bool) -> re.Match[str]:
    patterns = (_QUOTED_PATH, _LAST_FIELD if ends_with_name else _UNESCAPED)
    match = next(filter(None, (pattern.match(text, position, end) for pattern in patterns)), None)
    if match is None:
        raise BrokenLineError(
            _("A quotation mark isn't closed."), advice=_('Write a quotation mark inside a field as \\".')
        )
    return match


def _unescaped(text: str) -> str:
    return text.replace('\\"', '"') if "\\" in text else text


def split_objects(text: str) -> list[str]:
    """Return the fields between the braces of an object list. Raises `BrokenValueError` for an unclosed quote."""
    fields = []
    for in_quotes, bare, wrong in _OBJECT_FIELD.findall(text):
        if wrong:
            raise BrokenValueError(_("The object list {%(list)s} is broken.") % {"list": quoted(text)})
        fields.append(_unescaped(bare or in_quotes))
    return fields


@lru_cache(maxsize=8192)
def parse_objects(text: str) -> Objects:
    """Return the (dimension, object) pairs of an object list, in its order; objects without code are none.

    Raises `BrokenValueError` unless dimensions are numbers, each given once and with an object.
    """
    fields = split_objects(text)
    dimensions = fields[::2]
    if len(fields) % 2 or len(set(dimensions)) < len(dimensions) or not all(map(DIMENSION.fullmatch, dimensions)):
        raise BrokenValueError(
            _("The object list {%(list)s} is broken.") % {"list": quoted(text)},
            advice=_('It holds pairs of dimension and object, each dimension once: {1 "10" 6 "P1"}.'),
        )
    objects = tuple((int(dimension), code) for dimension, code in zip(dimensions, fields[1::2], strict=True) if code)
    if any(len(code) > CODE_LENGTH for _dimension, code in objects):
        raise BrokenValueError(_("An object's code has more than %(limit)d characters.") % {"limit": CODE_LENGTH})
    return objects
