"""`manage.py restored`, as an operator types it, wrongly too; and the page that says the same."""

import io

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from access.services import revoke_key
from ledger.models import Account
from revisions import fan_out, restoring
from revisions.installation import installation, last_restoration
from subscriptions.models import Resync
from tests import factories
from tests.backups import copied
from tests.ledger.admin_client import signed_in, text_of
from tests.refusals import run_sql
from tests.revisions.test_restoring import folder

__all__ = ["folder"]

pytestmark = pytest.mark.django_db(transaction=True)


def restored(*arguments: str) -> str:
    """What the command says."""
    out = io.StringIO()
    call_command("restored", *arguments, stdout=out)
    return out.getvalue()


def change() -> None:
    """Change something that is queued, and marked."""
    Account.objects.update(active=False)
    Account.objects.update(active=True)
    fan_out.drain()
    restoring.look()


@pytest.fixture
def _lost(books: factories.Books) -> None:
    """A database put back as it was before a key was revoked; nobody has looked yet."""
    factories.make_subscription("accounts", integration_id="EXOPEN")
    key, _text = factories.make_key(name="Leaked", owner=factories.SuperuserFactory.create(username="olga"))
    change()
    with copied() as copy:
        revoke_key(key=key)
        change()
        copy.put_back()


def test_where_nothing_happened_it_says_so(books: factories.Books) -> None:
    assert "There was no mark to compare with" in restored()
    change()
    said = restored("--yes")
    assert "Nothing shows that this database was restored." in said
    assert said.count("change set") == 2
    assert "--anyway" in said
    assert (installation().epoch, last_restoration()) == (1, None)


def test_where_no_marks_are_kept_it_says_so(settings: Settings) -> None:
    settings.UTKORG_MARK_FOLDER = ""
    assert "can't be noticed" in restored()


@pytest.mark.usefixtures("_lost")
def test_it_tells_what_happened_and_what_to_see_to() -> None:
    said = restored("--yes")
    assert "THIS DATABASE WAS RESTORED FROM A BACKUP." in said
    assert "epoch 2" in said
    assert "Leaked (" in said
    assert "of olga, never used" in said
    assert f"EXOPEN: {Resync.objects.count()} registers" in said
    assert said.endswith("It is in order.\n")
    again = restored("--yes")
    assert "was set in order by" in again
    assert "THIS DATABASE" not in again
    assert installation().epoch == 2


@pytest.mark.usefixtures("_lost")
def test_nobody_to_answer_is_no_yes() -> None:
    with pytest.raises(CommandError, match="Have you seen to all of it\\? Nobody is here to answer"):
        restored()
    found = last_restoration()
    assert found is not None
    assert (found.settled_at, found.epoch) == (None, 2)


@pytest.mark.usefixtures("_lost")
def test_it_is_not_in_order_while_a_trigger_is_off() -> None:
    run_sql("alter table ledger_account disable trigger all")
    try:
        with pytest.raises(CommandError, match=r"revisions\.E002"):
            restored("--yes")
    finally:
        run_sql("alter table ledger_account enable trigger all")
    assert "It is in order." in restored("--yes")


def test_somebodys_word_is_enough_and_is_taken_once(books: factories.Books) -> None:
    factories.make_subscription("accounts", integration_id="EXOPEN")
    change()
    with pytest.raises(CommandError, match="Was it restored from a backup"):
        restored("--anyway")
    assert installation().epoch == 1
    said = restored("--anyway", "--yes")
    assert "told by a person" in said
    assert "Last change known before  none that is known" in said
    with pytest.raises(CommandError, match="nothing has changed since"):
        restored("--anyway", "--yes")
    assert installation().epoch == 2


def test_the_page_says_that_it_never_happened(books: factories.Books) -> None:
    assert "This database was never restored" in text_of(signed_in().get("/admin/restored/"))


@pytest.mark.usefixtures("_lost")
def test_the_first_page_leads_to_what_there_is_to_do_until_it_is_done() -> None:
    restoring.look()
    admin = Client()
    admin.force_login(User.objects.get(username="olga"))
    first = admin.get("/admin/")
    assert "The database was restored from a backup, as was found less than a minute ago. What was changed after" in (
        text_of(first)
    )
    assert 'href="/admin/restored/"' in first.content.decode()
    text = text_of(admin.get("/admin/restored/"))
    assert "Go through the API keys." in text
    assert "Leaked" in text
    assert "EXOPEN" in text
    told = admin.post("/admin/restored/", follow=True)
    assert "The restored database is in order." in text_of(told)
    assert "was restored from a backup" not in text_of(admin.get("/admin/"))
    assert "that is in order" in text_of(admin.get("/admin/restored/"))
    found = last_restoration()
    assert found is not None
    assert found.settled_by == "olga"


@pytest.mark.usefixtures("_lost")
def test_who_sees_some_companies_only_is_not_asked() -> None:
    restoring.look()
    user = factories.UserFactory.create(is_staff=True)
    company = Account.objects.select_related("company")[0].company
    factories.give(user, "subscriptions.view_subscription", "subscriptions.change_subscription", company=company)
    client = Client()
    client.force_login(user)
    assert "was restored" not in text_of(client.get("/admin/"))
    assert client.get("/admin/restored/").status_code == 403
    assert client.post("/admin/restored/").status_code == 403
