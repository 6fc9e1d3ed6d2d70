"""Every page of the admin as people see it: in each language, in the dark, on a phone, and by axe-core."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.urls import get_resolver, resolve

from tests.browser.look import DARK_PHONE, LIT_DESK, Look, View
from tests.browser.pages import NO_PAGES, PAGES
from tests.browser.reading import Reader
from tests.browser.words import foreign_texts, translated_texts

# Each test has a transaction of its own; the sample is committed before, where the server sees it.
pytestmark = pytest.mark.django_db

LANGUAGES = ("sv", "nb", "en")
VIEWS = (LIT_DESK, DARK_PHONE)
# By turns: in which language a page is looked at in a browser, and how it is looked at first.
TURNS = {
    name: (path, LANGUAGES[turn % len(LANGUAGES)], VIEWS if turn % 2 == 0 else VIEWS[::-1])
    for turn, (name, path) in enumerate(PAGES.items())
}
LOOKED_AT = [pytest.param(*turn, id=f"{name}-{turn[1]}") for name, turn in TURNS.items()]
READ = [
    pytest.param(path, language, id=f"{name}-{language}")
    for name, (path, looked_at_in, _views) in TURNS.items()
    for language in LANGUAGES
    if language != looked_at_in
]

# Pages that every register has from the same template, of which some are looked at, and files.
ALIKE = ("_delete", "_history", "_export_csv", "_export_xlsx")


def report(wrong: list[str]) -> None:
    """Fail with a line for each thing that is wrong."""
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def in_another_language(texts: Iterable[str], language: str) -> list[str]:
    """Those of a page's texts that aren't in its language."""
    return translated_texts(texts, "sv", "nb") if language == "en" else foreign_texts(texts, language)


@pytest.mark.parametrize(("path", "language", "views"), LOOKED_AT)
def test_a_page_on_a_desk_and_in_the_dark_on_a_phone(
    looks: dict[str, Look], path: str, language: str, views: tuple[View, View]
) -> None:
    look, (first, second) = looks[language], views
    wrong = look.open(path, first) + in_another_language(look.texts(), language)
    wrong += look.violations(looks_alone=first is not LIT_DESK)
    wrong += look.turn(second) + look.violations(looks_alone=second is not LIT_DESK)
    report(wrong)


@pytest.mark.parametrize(("path", "language"), READ)
def test_a_page_is_in_its_language(readers: dict[str, Reader], path: str, language: str) -> None:
    report(in_another_language(readers[language].texts(path), language))


def test_no_page_of_the_admin_is_forgotten() -> None:
    shown = {resolve("/admin/" + path.partition("?")[0].format_map(_Any())).url_name for path in PAGES.values()}
    known = {pattern.name for pattern in _patterns(_of_the_admin()) if pattern.name}
    assert {name for name in known if not name.endswith(ALIKE)} - shown - NO_PAGES == set()


class _Any(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "1"


def _of_the_admin() -> list[Any]:
    return [pattern for pattern in get_resolver().url_patterns if str(pattern.pattern).startswith("admin/")]


def _patterns(patterns: list[Any]) -> Iterator[Any]:
    for pattern in patterns:
        yield from _patterns(pattern.url_patterns) if hasattr(pattern, "url_patterns") else [pattern]
