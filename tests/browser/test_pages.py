"""Every page of the admin as people see it: in each language, in the dark, on a phone, and by axe-core."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import get_resolver, resolve

from tests.browser.look import PHONE, Look
from tests.browser.pages import NO_PAGES, PAGES
from tests.browser.words import foreign_texts, translated_texts

# Each test has a transaction of its own; the sample is committed before, where the server sees it.
pytestmark = pytest.mark.django_db

every_page = pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())

# Pages that every register has from the same template, of which some are looked at, and files.
ALIKE = ("_delete", "_history", "_export_csv", "_export_xlsx")


def report(wrong: list[str]) -> None:
    """Fail with a line for each thing that is wrong."""
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


@every_page
def test_a_page_in_swedish_on_a_desk(look_sv: Look, path: str) -> None:
    wrong = look_sv.open(path)
    report(wrong + foreign_texts(look_sv.texts(), "sv") + look_sv.violations())


@every_page
def test_a_page_in_norwegian_in_the_dark_on_a_phone(look_nb: Look, path: str) -> None:
    wrong = look_nb.open(path, size=PHONE, dark=True)
    report(wrong + foreign_texts(look_nb.texts(), "nb") + look_nb.violations(looks_alone=True))


@every_page
def test_a_page_in_english(look_en: Look, path: str) -> None:
    wrong = look_en.open(path)
    report(wrong + translated_texts(look_en.texts(), "sv", "nb"))


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
