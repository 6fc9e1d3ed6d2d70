"""Every text of ours and of Unfold's that the pages show is Swedish and Norwegian too."""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

LANGUAGES = ["sv", "nb"]
FOLDERS = [Path(folder) for folder in settings.LOCALE_PATHS]
PLACE = re.compile(r"%\(\w+\)[sd]|\{\w*\}|<[^>]+>")
LINE = re.compile(r'(?:(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?) )?(".*")')

both = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
each_language = pytest.mark.parametrize("language", LANGUAGES)


def entries(file: Path) -> Iterator[dict[str, str]]:
    """Yield the texts of a .po file with their translations, by what the lines of the file are called."""
    for block in file.read_text(encoding="utf-8").split("\n\n")[1:]:
        entry: dict[str, str] = {}
        name = ""
        for line in filter(None, map(LINE.fullmatch, block.splitlines())):
            name = line[1] or name
            entry[name] = entry.get(name, "") + ast.literal_eval(line[2])
        yield entry


def translations(entry: dict[str, str]) -> list[str]:
    """Return an entry's translations, one or one for each plural form."""
    return [text for name, text in sorted(entry.items()) if name.startswith("msgstr")]


@both
@each_language
def test_nothing_is_left_untranslated_and_no_placeholder_is_lost(folder: Path, language: str) -> None:
    for entry in entries(folder / language / "LC_MESSAGES" / "django.po"):
        assert all(translations(entry)), entry
        text = entry.get("msgid_plural") or entry["msgid"]
        assert sorted(PLACE.findall(translations(entry)[-1])) == sorted(PLACE.findall(text)), entry


@both
@each_language
def test_what_is_compiled_is_what_is_written(folder: Path, language: str) -> None:
    file = folder / language / "LC_MESSAGES" / "django.po"
    with file.with_suffix(".mo").open("rb") as stream:
        compiled = gettext.GNUTranslations(stream)
    for entry in entries(file):
        first, last = translations(entry)[0], translations(entry)[-1]
        if plural := entry.get("msgid_plural"):
            assert [compiled.ngettext(entry["msgid"], plural, count) for count in (1, 2)] == [first, last]
        elif context := entry.get("msgctxt"):
            assert compiled.pgettext(context, entry["msgid"]) == first
        else:
            assert compiled.gettext(entry["msgid"]) == first
