"""The letter with which a new person chooses a password: sent once the person is kept, to nobody who has one."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from access import invitations, members
from access.accounts import Account
from access.models import Membership
from access.tasks import send_invitation
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def address(settings: Any) -> None:
    settings.UTKORG_URL = "https://utkorg.example"


def new_person() -> Membership:
    account = Account(factories.CompanyFactory.create(name="Granen AB"))
    return members.add_person(
        account=account, kind="employee", username="berit", email="berit@example.com", first_name="Berit"
    )


def test_its_link_leads_to_a_password_of_ones_own() -> None:
    membership = new_person()
    send_invitation(membership.pk)
    (letter,) = mail.outbox
    assert letter.to == ["berit@example.com"]
    assert "Granen AB" in letter.subject
    found = re.search(r"https://utkorg\.example(/\S+)", str(letter.body))
    assert found is not None
    page = Client().get(found[1], follow=True)
    assert page.status_code == 200
    assert "new_password1" in page.content.decode()


def test_who_has_a_password_or_has_left_gets_none() -> None:
    membership = new_person()
    membership.user.set_password("ett-langt-losenord")
    membership.user.save()
    send_invitation(membership.pk)
    other = factories.UserFactory.create(email="x@example.com")
    left = Membership.objects.create(user=other, company=membership.company)
    members.end_membership(membership=left)
    send_invitation(left.pk)
    assert mail.outbox == []


def test_none_is_promised_where_letters_reach_nobody(settings: Any) -> None:
    assert invitations.can_invite()
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert not invitations.can_invite()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.UTKORG_URL = ""
    assert not invitations.can_invite()
