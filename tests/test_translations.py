"""Every text of ours and of Unfold's that the pages show is Swedish and Norwegian too."""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
import unfold
from django.conf import settings
from django.utils import translation

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


# What Unfold's templates and code say, but for those parts of it that aren't installed
OF_TEMPLATE = re.compile(r"""(?:trans(?:late)?\s+|_\()(["'])(.+?)\1""")
OF_CODE = re.compile(r"""\b(?:_|gettext|gettext_lazy)\(\s*(["'])(.+?)\1\s*\)""")
UNFOLD = Path(unfold.__file__).parent
INSTALLED = {"filters", "forms"}


def texts_of_unfold() -> Iterator[str]:
    for file in UNFOLD.rglob("*.*"):
        parts = file.relative_to(UNFOLD).parts
        is_ours = parts[0] != "contrib" or parts[1] in INSTALLED
        if is_ours and file.suffix in {".html", ".py"}:
            pattern = OF_TEMPLATE if file.suffix == ".html" else OF_CODE
            yield from (text for _quote, text in pattern.findall(file.read_text(encoding="utf-8")))


def texts_of_django(domain: str) -> Iterator[str]:
    for part in ("conf", "contrib/admin", "contrib/auth"):
        file = Path(django.__file__).parent / part / "locale" / "en" / "LC_MESSAGES" / f"{domain}.po"
        if file.exists():
            yield from (entry["msgid"] for entry in entries(file) if "msgid" in entry)


def known(domain: str, language: str) -> set[str]:
    """Every text that some catalogue has in a language, Django's and ours."""
    own = [Path(django.__file__).parent / part / "locale" for part in ("conf", "contrib/admin", "contrib/auth")]
    found: set[str] = set()
    for folder in [*own, *FOLDERS]:
        file = folder / language / "LC_MESSAGES" / f"{domain}.po"
        if file.exists():
            found |= {entry["msgid"] for entry in entries(file) if "msgid" in entry and all(translations(entry))}
    return found


@each_language
def test_no_text_of_the_libraries_is_left_in_english(language: str) -> None:
    assert set(texts_of_unfold()) - known("django", language) == set()
    assert set(texts_of_django("django")) - known("django", language) == set()
    assert set(texts_of_django("djangojs")) - known("djangojs", language) == set()


def test_what_a_library_lacks_is_read_from_our_catalogue() -> None:
    with translation.override("nb"):
        assert translation.gettext("Skip to main content") == "Gå til hovedinnholdet"
