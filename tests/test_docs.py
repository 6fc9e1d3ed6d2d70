"""Every setting and every address is documented, and every link leads somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator

ROOT: Path = settings.BASE_DIR
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def environment_variables() -> Iterator[str]:
    for file in ROOT.glob("config/settings/*.py"):
        yield from re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', file.read_text(encoding="utf-8"))


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    assert {name for name in environment_variables() if f"`{name}`" not in text} == set()


def test_every_check_is_documented() -> None:
    code = (ROOT / "config" / "checks.py").read_text(encoding="utf-8")
    text = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    assert {name for name in re.findall(r"utkorg\.E\d+", code) if f"`{name}`" not in text} == set()


def test_every_address_of_the_api_is_documented() -> None:
    text = "\n".join(file.read_text(encoding="utf-8") for file in DOCUMENTS)
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    assert paths
    assert {path for path in paths if path not in text} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []
