"""Is a text in the language of its page? Compared with every text that has a translation, ours and the libraries'."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import django
import polib
from django.conf import settings
from django.utils.text import capfirst

LIBRARIES = [
    Path(django.__file__).parent / folder / "locale" for folder in ("conf", "contrib/admin", "contrib/auth", "forms")
]
PLACE = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|<[^>]+>")
# Words that English sentences can't do without and no Swedish or Norwegian one has.
ENGLISH = re.compile(
    r"\b(the|of|and|with|this|that|these|from|your|you|which|are|is|not|were|has|have)\b", re.IGNORECASE
)
LONG = 12
NAMES = {"Utkorg"}


@cache
def _translations(language: str) -> dict[str, set[str]]:
    """What each English text is called; one text may have several translations."""
    found: dict[str, set[str]] = {}
    for folder in [*LIBRARIES, *map(Path, settings.LOCALE_PATHS)]:
        file = folder / language / "LC_MESSAGES" / "django.po"
        if not file.exists():
            continue
        for entry in polib.pofile(str(file)).translated_entries():
            for text, translated in _forms(entry):
                found.setdefault(text, set()).add(translated)
    return found


def _forms(entry: polib.POEntry) -> Iterator[tuple[str, str]]:
    if entry.msgid_plural:
        yield entry.msgid, entry.msgstr_plural[0]
        yield entry.msgid_plural, entry.msgstr_plural[1]
    else:
        yield entry.msgid, entry.msgstr


@cache
def _untranslated(language: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Texts that are foreign wherever they stand alone, and parts of sentences that are foreign anywhere."""
    known = _translations(language)
    own = {text.casefold() for translated in known.values() for text in translated}
    foreign = {text for text in known if PLACE.search(text) is None and text.casefold() not in own}
    parts = {part.strip(" .,:;()") for text in known for part in PLACE.split(text)}
    long = sorted(part for part in parts if len(part) > LONG and " " in part)
    spoken = "\n".join(own)
    return frozenset(text.casefold() for text in foreign), tuple(part for part in long if part.casefold() not in spoken)


def foreign_texts(texts: Iterable[str], language: str) -> list[str]:
    """Return those of a page's texts that are English, on a page that isn't."""
    alone, parts = _untranslated(language)
    return [
        text
        for text in texts
        if text.strip(" :*").casefold() in alone or any(part in text for part in parts) or ENGLISH.search(text)
    ]


def translated_texts(texts: Iterable[str], *languages: str) -> list[str]:
    """Return those of an English page's texts that are a translation."""
    return [text for text in texts if capfirst(text.strip(" :*")) in _no_english(languages)]


@cache
def _no_english(languages: tuple[str, ...]) -> set[str]:
    english = {capfirst(text) for language in languages for text in _translations(language)}
    translations = {
        capfirst(translated)
        for language in languages
        for known in _translations(language).values()
        for translated in known
        if any(map(str.isalpha, translated))  # noon is "12:00" elsewhere, and a time here
    }
    return translations - english - NAMES
