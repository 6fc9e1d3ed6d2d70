"""The list of access tokens, and revoking them there."""

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client

from access.models import AccessToken
from access.tokens import give_to_key, give_to_user
from history.models import Change
from tests.access.everything import sign_in
from tests.factories import CompanyFactory, SuperuserFactory, UserFactory, give, make_key

pytestmark = pytest.mark.django_db

LIST = "/admin/access/accesstoken/"


def revoke(client: Client, *tokens: AccessToken, confirmed: bool = True) -> int:
    """Choose tokens and revoke them; return what it is answered with."""
    chosen = {"action": "revoke_chosen", ACTION_CHECKBOX_NAME: [token.pk for token in tokens]}
    status: int = client.post(LIST, {**chosen, **({"confirmed": "yes"} if confirmed else {})}).status_code
    return status


def test_a_token_is_revoked_after_a_question() -> None:
    admin, trine = SuperuserFactory.create(username="eva"), UserFactory.create(username="trine")
    given = give_to_user(user=trine, address="192.0.2.7")
    client, token = sign_in(admin), AccessToken.objects.get()
    page = client.get(LIST).content.decode()
    assert "trine" in page
    assert "192.0.2.7" in page
    assert given.text not in page
    assert token.digest not in page
    assert revoke(client, token, confirmed=False) == 200
    assert AccessToken.objects.exists()
    assert revoke(client, token) == 302
    assert not AccessToken.objects.exists()
    told = Change.objects.get(kind=Change.Kind.TOKEN_REVOKED)
    assert (told.object_name, told.user_name) == ("trine", "eva")


def test_people_see_and_revoke_the_tokens_of_their_companies_keys_alone() -> None:
    own, other = CompanyFactory.create(), CompanyFactory.create()
    for company in (own, other):
        _key, text = make_key(company=company, name=f"Key of {company.number}")
        give_to_key(text=text, address=None)
    clerk = UserFactory.create(is_staff=True)
    give(clerk, "access.view_accesstoken", "access.delete_accesstoken", company=own)
    client = sign_in(clerk)
    page = client.get(LIST).content.decode()
    assert f"Key of {own.number}" in page
    assert f"Key of {other.number}" not in page
    revoke(client, AccessToken.objects.get(key__company=other))
    assert AccessToken.objects.count() == 2
    revoke(client, AccessToken.objects.get(key__company=own))
    assert AccessToken.objects.get().key.company == other  # type: ignore[union-attr]


def test_who_may_only_look_revokes_nothing() -> None:
    company = CompanyFactory.create()
    _key, text = make_key(company=company)
    give_to_key(text=text, address=None)
    clerk = UserFactory.create(is_staff=True)
    give(clerk, "access.view_accesstoken", company=company)
    revoke(sign_in(clerk), AccessToken.objects.get())
    assert AccessToken.objects.exists()
