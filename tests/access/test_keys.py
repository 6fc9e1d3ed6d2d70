"""The text of a key: pure, no database."""

import re
import string
import tomllib
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.exceptions import MalformedKey
from access.keys import ALPHABET, KeyParts, checksum, digest, make_key, parse_key, same_digest

BASE62 = string.digits + string.ascii_letters
DOCUMENT = Path(__file__).parents[2] / "docs" / "keys.md"

parts = st.builds(
    KeyParts,
    public_id=st.text(BASE62, min_size=12, max_size=12),
    secret=st.text(BASE62, min_size=40, max_size=40),
)


@given(parts)
def test_a_key_that_is_written_is_read_back(key: KeyParts) -> None:
    assert parse_key(key.text()) == key


@given(parts, st.data())
def test_one_wrong_character_anywhere_is_found_without_the_database(key: KeyParts, data: st.DataObject) -> None:
    text = key.text()
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(BASE62 + "_").filter(lambda character: character != text[place]))
    with pytest.raises(MalformedKey):
        parse_key(text[:place] + other + text[place + 1 :])


@given(st.text())
def test_any_other_text_is_refused_and_never_repeated(text: str) -> None:
    with pytest.raises(MalformedKey) as refused:
        parse_key(text)
    assert str(refused.value) == "The API key is malformed."


@pytest.mark.parametrize("around", [("", "\n"), (" ", ""), ("", "\0"), ("x", "")])
def test_nothing_may_stand_around_a_key(around: tuple[str, str]) -> None:
    before, after = around
    with pytest.raises(MalformedKey):
        parse_key(before + make_key().text() + after)


@given(st.text(BASE62 + "_"))
def test_the_checksum_is_crc32_in_six_digits_of_base_62(body: str) -> None:
    number = 0
    for digit in checksum(body):
        number = number * 62 + ALPHABET.index(digit)
    assert number == zlib.crc32(body.encode())
    assert len(checksum(body)) == 6


def test_two_keys_are_never_alike() -> None:
    made = [make_key() for _ in range(1000)]
    assert len({key.public_id for key in made}) == len({key.secret for key in made}) == 1000


@given(parts)
def test_the_secret_does_not_show_in_what_is_printed_of_a_key(key: KeyParts) -> None:
    assert key.secret not in repr(key)
    assert key.secret not in str(key)


@given(parts)
def test_a_digest_hides_the_secret_and_needs_the_same_pepper(key: KeyParts) -> None:
    stored = digest(key.secret, pepper="one")
    assert re.fullmatch("[0-9a-f]{64}", stored)
    assert same_digest(stored, digest(key.secret, pepper="one"))
    assert not same_digest(stored, digest(key.secret, pepper="another"))


def test_the_documented_pattern_finds_keys_in_any_text() -> None:
    pattern = re.compile(_documented("pattern"))
    key = make_key().text()
    assert pattern.findall(f'API_KEY="{key}"; # {key}') == [key, key]
    assert not pattern.search(f"x{key}")
    assert not pattern.search(f"{key}9")


def test_the_documented_rule_for_gitleaks_finds_keys_whose_checksum_is_right() -> None:
    text = (DOCUMENT.parent / "operators.md").read_text()
    block = re.search(r"<!-- gitleaks -->\n```toml\n(.+?)```", text, re.DOTALL)
    assert block
    (rule,) = tomllib.loads(block[1])["rules"]
    pattern = re.compile(rule["regex"])
    assert pattern.pattern == _documented("pattern")
    made = [make_key().text() for _ in range(20)]
    found = pattern.findall("\n".join(f"key: {key}" for key in made))
    assert found == made
    for key in found:
        assert all(keyword in key for keyword in rule["keywords"])
        body, _underscore, digits = key.rpartition("_")
        assert checksum(body) == digits


def test_the_documented_example_is_right() -> None:
    example = parse_key(_documented("example"))
    assert digest(example.secret, pepper="pepper") == _documented("digest")


def _documented(name: str) -> str:
    """Return the first line of the code block that the document marks with a name."""
    found = re.search(rf"<!-- {name} -->\n```\w*\n(.+)\n```", DOCUMENT.read_text())
    assert found, f"{DOCUMENT} has no block marked {name}"
    return found[1]
