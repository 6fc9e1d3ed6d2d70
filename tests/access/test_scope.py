"""What a key may do and see."""

import json

import pytest
from rest_framework.request import Request
from rest_framework.response import Response

from access.http.scope import KeyScope
from access.models import ApiKey, Application, KeyKind, KeyRights
from tests.access.probe import ADD, VIEW, Probe, get, post, problem
from tests.factories import UserFactory, give, make_key, permission

pytestmark = pytest.mark.django_db


class Keys(KeyScope):
    """The keys of the caller's application."""

    required_permissions = {"GET": VIEW}

    def get(self, request: Request) -> Response:
        name = request.query_params.get("name")
        if name is None:
            return Response([key.name for key in self.of_application(ApiKey.objects.all())])
        return Response(self.find(ApiKey.objects.all(), name=name).name)


def test_each_method_needs_its_own_right() -> None:
    owner = UserFactory.create()
    give(owner, VIEW)
    _key, text = make_key(owner=owner)
    assert get(text).status_code == 200
    problem(post(text, {"name": "n"}), 403, "permission_denied")
    give(owner, ADD)
    assert post(text, {"name": "n"}).status_code == 201


def test_a_right_taken_from_the_owner_is_felt_by_the_next_request() -> None:
    owner = UserFactory.create()
    membership = give(owner, VIEW)
    _key, text = make_key(owner=owner)
    assert get(text).status_code == 200
    membership.permissions.remove(permission(VIEW))
    problem(get(text), 403, "permission_denied")


def test_a_right_that_only_the_key_or_only_the_owner_has_is_not_enough() -> None:
    owner = UserFactory.create()
    give(owner, VIEW)
    key, text = make_key(owner=owner, rights=KeyRights.NONE)
    problem(get(text), 403, "permission_denied")
    key.permissions.add(permission(ADD))
    problem(post(text, {"name": "n"}), 403, "permission_denied")


def test_a_view_that_names_no_right_for_a_method_answers_nobody() -> None:
    unnamed = type("Unnamed", (Probe,), {"required_permissions": {}})
    with pytest.raises(KeyError):
        get(make_key()[1], view=unnamed)


def test_a_key_sees_what_is_its_applications_only() -> None:
    mine, text = make_key(name="mine")
    make_key(name="same application", application=mine.application)
    make_key(name="another's")
    assert set(json.loads(get(text, view=Keys).content)) == {"mine", "same application"}
    assert get(text, "?name=mine", view=Keys).status_code == 200


def test_anothers_thing_is_answered_exactly_like_one_that_does_not_exist() -> None:
    _mine, text = make_key(name="mine")
    make_key(name="anothers")
    foreign, absent = get(text, "?name=anothers", view=Keys), get(text, "?name=nobodys", view=Keys)
    problem(foreign, 404, "not_found")
    assert foreign.content == absent.content


def test_a_name_that_no_text_in_the_database_can_be_is_not_found() -> None:
    _key, text = make_key()
    problem(get(text, "?name=a%00b", view=Keys), 404, "not_found")


def test_an_office_key_is_refused_once_its_application_no_longer_takes_such_keys() -> None:
    key, text = make_key()
    ApiKey.objects.filter(pk=key.pk).update(kind=KeyKind.OFFICE)
    problem(get(text), 403, "wrong_key_kind")
    Application.objects.update(supports_office_keys=True)
    assert get(text).status_code == 200
