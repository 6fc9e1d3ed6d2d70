"""Clean-up takes what nobody needs any more, and nothing else."""

from datetime import timedelta

import pytest
from django.test import override_settings

from revisions import clean_up, fan_out
from revisions.installation import installation
from revisions.models import ChangeSet, RevisionPage
from tests import factories
from tests.consumers import Consumer
from tests.refusals import run_sql

pytestmark = pytest.mark.django_db(transaction=True)


def change_again(books: factories.Books) -> int:
    """Make and queue a later change, and return its set: the set that was queued last stays."""
    books.cash.name += "x"
    books.cash.save()
    fan_out.drain()
    return ChangeSet.objects.latest("pk").pk


def test_what_an_integration_has_not_acknowledged_is_kept(consumer: Consumer, books: factories.Books) -> None:
    slow = Consumer(factories.make_subscription())
    books.post()
    consumer.fetch_all()
    clean_up.remove_old(kept=timedelta(0))
    assert len(slow.fetch_all()) == 2
    later = change_again(books)
    slow.fetch_all()
    consumer.fetch_all()
    assert clean_up.remove_old(kept=timedelta(0)) == 1
    assert set(RevisionPage.objects.values_list("change_set_id", flat=True)) == {later}


def test_the_trace_is_kept_as_long_as_the_setting_says(consumer: Consumer, books: factories.Books) -> None:
    books.post()
    consumer.fetch_all()
    with override_settings(UTKORG_TRACE_DAYS=30):
        assert clean_up.remove_old() == 0
        run_sql("update revisions_changeset set changed_at = changed_at - interval '31 days'")
        later = change_again(books)
        assert clean_up.remove_old() == 3
    assert ChangeSet.objects.get().pk == later


def test_what_nobody_subscribes_to_goes_after_its_pass(books: factories.Books) -> None:
    books.post()
    assert clean_up.remove_old(kept=timedelta(0)) == 0
    change_again(books)
    assert clean_up.remove_old(kept=timedelta(0)) == 3


def test_the_set_that_was_queued_last_stays(books: factories.Books) -> None:
    """Marks outside the database name it; of the others it is noted how far they may be gone."""
    books.post()
    last = change_again(books)
    gone = ChangeSet.objects.exclude(pk=last).latest("pk")
    clean_up.remove_old(kept=timedelta(0))
    assert clean_up.remove_old(kept=timedelta(0)) == 0
    assert ChangeSet.objects.get().pk == last
    assert (installation().cleaned_up_to, installation().cleaned_up_at) == (gone.pk, gone.changed_at)


def test_a_half_acknowledged_set_is_kept_whole(consumer: Consumer, books: factories.Books) -> None:
    books.post()
    books.cash.name = "x"
    books.cash.save()
    fan_out.drain()
    consumer.fetch(limit=2)
    clean_up.remove_old(kept=timedelta(0))
    assert [line["sequence"] for line in consumer.fetch()] == [3]
