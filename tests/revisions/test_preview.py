"""What a choice would have queued: read backwards from the newest change, queued nowhere."""

import json
from typing import Any

import pytest
from django.db import connection, transaction

from access.models import Application
from access.origin import write_as
from information_types import registry
from ledger.models import Supplier
from revisions import batch, fan_out, preview
from revisions.models import OutboxItem
from subscriptions.selection import Selection
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def selection(*types: str, **choice: Any) -> Selection:
    usual = {"companies": frozenset(), "negative": False, "own_changes": True, "application": None}
    return Selection(types=frozenset(registry.get(name).number for name in types), **{**usual, **choice})


def numbers(chosen: Selection) -> list[str]:
    return [json.loads(row.json)["key"]["number"] for row in preview.latest(chosen).rows]


def test_the_newest_rows_come_first_and_no_more_than_twenty() -> None:
    company = factories.CompanyFactory.create()
    Supplier.objects.bulk_create([Supplier(company=company, number=str(n), name="S") for n in range(1, 31)])
    Supplier.objects.create(company=company, number="99", name="S")
    assert numbers(selection("suppliers")) == ["99", *(str(n) for n in range(30, 11, -1))]


def test_a_row_is_as_the_integrator_would_get_it_but_for_its_sequence() -> None:
    subscription = factories.make_subscription("suppliers")
    factories.SupplierFactory.create_batch(3)
    fan_out.drain()
    queued = batch.read(subscription=subscription, choice=batch.Choice(), limit=10).rows
    previewed = preview.latest(Selection.of(subscription)).rows
    assert [row.unnumbered for row in previewed] == [row.unnumbered for row in reversed(queued)]
    for row, original in zip(previewed, reversed(queued), strict=True):
        content = json.loads(original.json)
        del content["sequence"]
        assert json.loads(row.unnumbered) == content


def test_a_deleted_row_is_previewed_by_its_key() -> None:
    supplier = factories.SupplierFactory.create()
    supplier.delete()
    newest = json.loads(preview.latest(selection("suppliers")).rows[0].unnumbered)
    assert (newest["operation"], newest["data"]) == ("deleted", None)


def test_nothing_is_queued() -> None:
    factories.make_subscription("customers")
    factories.SupplierFactory.create()
    preview.latest(selection("suppliers"))
    assert not OutboxItem.objects.exists()


def test_companies_are_respected() -> None:
    first, second = (factories.SupplierFactory.create() for _ in range(2))
    chosen = frozenset({first.company_id})
    assert numbers(selection("suppliers", companies=chosen)) == [first.number]
    assert numbers(selection("suppliers", companies=chosen, negative=True)) == [second.number]
    assert numbers(selection("customers")) == []


def test_own_changes_are_left_out_where_they_are_not_wanted(exopen: Application) -> None:
    with transaction.atomic():
        write_as(exopen)
        own = factories.SupplierFactory.create()
    other = factories.SupplierFactory.create()
    assert numbers(selection("suppliers", application=exopen.pk)) == [other.number, own.number]
    assert numbers(selection("suppliers", application=exopen.pk, own_changes=False)) == [other.number]


@pytest.fixture
def exopen() -> Application:
    return factories.ApplicationFactory.create(name="Exopen")


def test_an_impossible_choice_has_nothing_to_preview() -> None:
    factories.SupplierFactory.create()
    assert preview.latest(selection()).rows == []
    assert preview.latest(selection("suppliers", negative=True)).rows == []


def test_it_looks_back_no_further_than_its_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "STRETCHES", (1, 2))
    old = factories.CustomerFactory.create()
    for _ in range(3):
        factories.SupplierFactory.create(company=old.company)
    found = preview.latest(selection("customers"))
    assert (found.rows, found.is_whole) == ([], False)
    assert len(preview.latest(selection("suppliers")).rows) == 3


def test_a_choice_of_which_nothing_changed_reads_a_bounded_number_of_change_sets() -> None:
    company = factories.CompanyFactory.create()
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into revisions_changeset
                   (information_type, company_id, operation, row_count, changed_at, transaction, fanned_out)
               select %s, %s, 'c', 1, now(), 1, true from generate_series(1, 60000)""",
            [registry.get("suppliers").number, company.pk],
        )
        cursor.execute("analyze revisions_changeset")
        cursor.execute(
            "explain (analyze, format json) " + preview.STRETCH,
            {
                "types": [registry.get("customers").number],
                "companies": [],
                "negative": False,
                "among": None,
                "own_changes": True,
                "application": None,
                "rows": 20,
                "before": None,
                "sets": 500,
            },
        )
        (plan,) = cursor.fetchone()
    assert preview.latest(selection("customers")).is_whole is False
    assert most_rows(plan[0]["Plan"]) <= 500


def most_rows(node: dict[str, Any]) -> float:
    return max(
        [float(node["Actual Rows"] * node["Actual Loops"]), *(most_rows(child) for child in node.get("Plans", []))]
    )
