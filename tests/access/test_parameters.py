"""What is read of a query string and a body, and what is refused."""

import json

import pytest
from pytest_django import Settings

from tests.access.probe import errors, get, post, problem
from tests.factories import make_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def key() -> str:
    return make_key()[1]


def test_parameters_have_their_defaults(key: str) -> None:
    assert json.loads(get(key).content) == {"limit": 10, "company": []}


def test_a_list_may_repeat(key: str) -> None:
    assert json.loads(get(key, "?company=1&company=2&limit=3").content) == {"limit": 3, "company": ["1", "2"]}


def test_an_unknown_parameter_is_refused_by_name(key: str) -> None:
    assert errors(get(key, "?limt=3")) == [("limt", "unknown_parameter")]


def test_unknown_parameters_stand_beside_the_other_errors(key: str) -> None:
    assert errors(get(key, "?limit=0&x=1")) == [("limit", "min_value"), ("x", "unknown_parameter")]


@pytest.mark.parametrize("query", ["?limit=", "?limit=ten", "?limit=1.5"])
def test_a_value_that_is_no_number_is_refused(key: str, query: str) -> None:
    assert errors(get(key, query)) == [("limit", "invalid")]


def test_a_single_parameter_given_twice_is_refused(key: str) -> None:
    assert errors(get(key, "?limit=1&limit=2")) == [("limit", "repeated")]


@pytest.mark.parametrize("query", ["?format=json", "?company[0]=1"])
def test_no_name_has_a_meaning_that_nobody_declared(key: str, query: str) -> None:
    assert [code for _field, code in errors(get(key, query))] == ["unknown_parameter"]


def test_an_error_in_a_list_names_its_place(key: str) -> None:
    assert errors(get(key, "?company=1&company=123456")) == [("company.1", "max_length")]


def test_a_null_character_is_refused(key: str) -> None:
    assert errors(get(key, "?company=%00")) == [("company.0", "null_characters_not_allowed")]


def test_a_valid_body_is_read(key: str) -> None:
    response = post(key, {"name": "n", "rows": [{"amount": 1}]})
    assert (response.status_code, json.loads(response.content)) == (201, {"name": "n", "rows": [{"amount": 1}]})


def test_unknown_and_read_only_names_in_a_body_are_refused(key: str) -> None:
    response = post(key, {"name": "n", "nmae": "x", "number": 1})
    assert errors(response) == [("nmae", "unknown_parameter"), ("number", "unknown_parameter")]


def test_unknown_names_deep_in_a_body_are_refused(key: str) -> None:
    response = post(key, {"name": "n", "rows": [{"amount": 1}, {"amount": 1, "x": 1}]})
    assert errors(response) == [("rows.1.x", "unknown_parameter")]


@pytest.mark.parametrize("body", ["[]", "1", "null", '"name"', "[{}]"])
def test_a_body_that_is_no_object_is_refused_as_a_whole(key: str, body: str) -> None:
    assert errors(post(key, body)) in ([(None, "invalid")], [(None, "null")])


@pytest.mark.parametrize("opening", ["[", '{"name":'])
def test_a_body_nested_too_deeply_is_refused(key: str, opening: str) -> None:
    assert errors(post(key, opening * 100_000)) == [(None, "parse_error")]


def test_a_body_too_large_is_refused_without_being_parsed(key: str, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert post(key, {"name": "n" * 80}).status_code == 201
    problem(post(key, {"name": "n" * 100}), 413, "too_large")


@pytest.mark.parametrize("body", ["{", "", "{'name': 1}", '{"name": NaN}'])
def test_what_is_no_json_is_refused(key: str, body: str) -> None:
    response = post(key, body)
    assert errors(response)[0] in [(None, "parse_error"), ("name", "required")]


def test_half_a_character_is_refused(key: str) -> None:
    assert errors(post(key, '{"name": "\\ud800"}')) == [("name", "surrogate_characters_not_allowed")]


def test_half_a_character_in_a_name_is_refused_by_that_name(key: str) -> None:
    assert ("\ud800", "unknown_parameter") in errors(post(key, '{"\\ud800": 1}'))
