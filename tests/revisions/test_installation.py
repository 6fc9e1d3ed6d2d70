"""The installation has one name, whoever asks first."""

import pytest

from revisions.installation import installation, last_restoration
from revisions.models import Installation
from tests.connections import Together

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_new_database_has_a_name_and_was_never_restored() -> None:
    assert installation().epoch == 1
    assert last_restoration() is None


def test_an_installation_without_a_name_gets_one_though_many_ask_at_once() -> None:
    Installation.objects.all().delete()
    with Together() as threads:
        found = {work.result().uid for work in [threads.start(installation) for _ in range(8)]}
    assert found == {Installation.objects.get().uid}
