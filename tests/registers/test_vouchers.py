"""Vouchers over REST: posted, read, replaced and reversed as a whole."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from ledger.models import DimensionValue, FinancialYear, OtherDimension, Voucher
from revisions import fan_out
from tests import factories
from tests.access.probe import problem
from tests.connections import Together
from tests.integrators import Integrator, body
from tests.registers.reader import errors_of
from tests.registers.writer import Writer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def unthrottled(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


@pytest.fixture
def books() -> factories.Books:
    return factories.make_books(number="100")


@pytest.fixture
def writer(books: factories.Books) -> Writer:
    return Writer()


def voucher(*rows: dict[str, Any], **header: Any) -> dict[str, Any]:
    return {
        "company": "100",
        "series": "A",
        "voucher_date": "2024-02-03",
        "voucher_text": "Sale",
        "rows": list(rows) or [row("1910", "1250.00"), row("3001", "-1250.00")],
        **header,
    }


def row(account: str, amount: Any, **fields: Any) -> dict[str, Any]:
    return {"account": account, "amount": amount, **fields}


def lock(books: factories.Books, until: date) -> None:
    FinancialYear.objects.filter(pk=books.year.pk).update(locked_until=until)


# Posting


def test_a_posted_voucher_comes_back_whole(writer: Writer, books: factories.Books) -> None:
    for number in DimensionValue.Dimension.values:
        factories.DimensionValueFactory.create(company=books.company, dimension=number, code="01")
    full = {
        "quantity": "1.5",
        "text": "Row",
        "cost_centre": "01",
        "project": "01",
        "object": "01",
        "management_area": "01",
        "other_dimensions": {"7": "121"},
    }
    answer = writer.post("vouchers", voucher(row("1910", "12.3", **full), row("3001", "-12.30")))
    posted = body(answer, 201)
    first, second = posted.pop("rows")
    registered = Voucher.objects.get().registered_on
    assert posted == {
        "company": "100",
        "financial_year": "2024-01-01",
        "series": "A",
        "number": "1",
        "voucher_date": "2024-02-03",
        "voucher_text": "Sale",
        "registered_on": str(registered),
        "signature": None,
        "reverses": None,
        "reversed_by": None,
    }
    own = {"row": 1, "entry_date": "2024-02-03", "account": "1910", "amount": "12.30", "signature": None}
    assert first == {**own, **full, "quantity": "1.5000"}
    assert (second["row"], second["quantity"], second["cost_centre"], second["other_dimensions"]) == (
        2,
        None,
        None,
        None,
    )
    assert answer["Location"].endswith("/api/v1/vouchers/100/2024-01-01/A/1")
    read = writer.follow_to(answer["Location"])
    assert (read.content, read["ETag"]) == (answer.content, answer["ETag"])
    assert writer.client.get(answer["Location"], headers={"If-None-Match": read["ETag"]}).status_code == 304


def test_its_rows_are_those_of_the_register(writer: Writer, books: factories.Books) -> None:
    posted = body(writer.post("vouchers", voucher()), 201)
    entries = writer.rows("ledger-entries", company="100")
    assert [{**posted["rows"][0], **entry} for entry in entries] == entries
    for one, entry in zip(posted["rows"], entries, strict=True):
        assert one.items() <= entry.items()


def test_an_empty_series_is_a_tilde_in_its_address(writer: Writer) -> None:
    answer = writer.post("vouchers", voucher(series=""))
    assert answer["Location"].endswith("/100/2024-01-01/~/1")
    assert body(writer.follow_to(answer["Location"]))["series"] == ""
    assert body(writer.post("vouchers/100/2024-01-01/~/1/reverse"), 201)["reverses"]["series"] == ""


@pytest.mark.parametrize(
    "amount", [1250, 1250.5, True, None, "", "1 250", "1,5", "1.234", "1e3", "+1", ".5", "NaN", "9" * 17, "١"]
)
def test_an_amount_is_a_string_of_at_most_two_decimals(writer: Writer, amount: Any) -> None:
    answer = writer.post("vouchers", voucher(row("1910", "1.00"), row("3001", amount)))
    assert errors_of(answer).keys() == {"rows.1.amount"}
    assert not Voucher.objects.exists()


def test_a_json_number_is_refused_with_words(writer: Writer) -> None:
    found = problem(writer.post("vouchers", voucher(row("1910", 1.5), row("3001", "-1.50"))), 400, "invalid")
    assert "string" in found["errors"][0]["detail"]


def test_what_is_not_there_is_told_at_its_row_all_at_once(writer: Writer, books: factories.Books) -> None:
    factories.AccountFactory.create(number="1920")
    factories.DimensionValueFactory.create(company=books.company, dimension=2, code="01")
    wrong = voucher(row("1920", "1.00"), row("3001", "-1.00", cost_centre="01", project="01", object="x"))
    assert errors_of(writer.post("vouchers", wrong)) == {
        "rows.0.account": "does_not_exist",
        "rows.1.cost_centre": "does_not_exist",
        "rows.1.object": "does_not_exist",
    }


def test_a_dimension_that_is_one_of_the_four_is_no_further_one(writer: Writer, books: factories.Books) -> None:
    OtherDimension.objects.create(company=books.company, number=8, dimension=3)
    rows = [row("1910", "1.00", other_dimensions={"1": "01"}), row("3001", "-1.00", other_dimensions={"8": "01"})]
    found = problem(writer.post("vouchers", voucher(*rows)), 400, "invalid")["errors"]
    assert [error["field"] for error in found] == ["rows.0.other_dimensions", "rows.1.other_dimensions"]
    assert "cost_centre" in found[0]["detail"]
    assert "object" in found[1]["detail"]
    bad = voucher(row("1910", "1.00", other_dimensions={"x": "1"}), row("3001", "-1.00"))
    assert errors_of(writer.post("vouchers", bad)).keys() == {"rows.0.other_dimensions.x"}


def test_what_the_admin_takes_is_taken(writer: Writer, books: factories.Books) -> None:
    """An account that is not active any more, and a cost centre of another year: books are also written afterwards."""
    factories.AccountFactory.create(company=books.company, number="1999", active=False)
    factories.DimensionValueFactory.create(company=books.company, code="OLD", valid_to=date(2020, 12, 31), active=False)
    rows = row("1999", "1.00", cost_centre="OLD"), row("3001", "-1.00")
    assert writer.post("vouchers", voucher(*rows)).status_code == 201


def test_an_unbalanced_voucher_is_refused_with_the_difference(writer: Writer) -> None:
    rows = row("1910", "12.30"), row("3001", "-12.00")
    found = problem(writer.post("vouchers", voucher(*rows)), 400, "unbalanced")
    assert "0.30" in found["detail"]
    assert [error["field"] for error in found["errors"]] == ["rows"]


def test_a_locked_period_and_a_day_of_no_year_are_refused(writer: Writer, books: factories.Books) -> None:
    lock(books, date(2024, 2, 29))
    problem(writer.post("vouchers", voucher()), 409, "period_locked")
    assert errors_of(writer.post("vouchers", voucher(voucher_date="2031-01-01"))) == {
        "voucher_date": "outside_financial_year"
    }
    assert body(writer.post("vouchers", voucher(voucher_date="2024-03-01")), 201)["number"] == "1"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rows": []}, "rows"),
        ({"rows": {}}, "rows"),
        ({"rows": None}, "rows"),
        ({"rows": [[], 1]}, "rows.0"),
        ({"rows": [row("1910", "0.00")] * 5001}, "rows"),
        ({"voucher_date": "20240203"}, "voucher_date"),
        ({"voucher_date": "2024-02-30"}, "voucher_date"),
        ({"series": None}, "series"),
        ({"series": "x" * 33}, "series"),
        ({"number": "17"}, "number"),
        ({"company": 100}, "company"),
    ],
)
def test_bad_input_is_told(writer: Writer, change: dict[str, Any], field: str) -> None:
    assert field in errors_of(writer.post("vouchers", voucher(**change)))


def test_five_thousand_rows_take_as_many_queries_as_two(writer: Writer, books: factories.Books) -> None:
    for n in range(50):
        factories.AccountFactory.create(company=books.company, number=f"4{n:03}")

    def queries(count: int) -> int:
        rows = [row(f"4{n % 50:03}", "1.00" if n % 2 else "-1.00", text=f"Row {n}") for n in range(count)]
        with CaptureQueriesContext(connection) as captured:
            assert len(body(writer.post("vouchers", voucher(*rows)), 201)["rows"]) == count
        return len(captured)

    queries(2)
    # Rows are inserted some hundred at a time.
    assert queries(5000) - queries(2) <= 20


def test_thousands_of_rows_are_replaced_in_few_queries_and_those_as_they_were_are_left_alone(
    writer: Writer, books: factories.Books
) -> None:
    rows = [row("1910", "1.00" if n % 2 else "-1.00", text=f"Row {n}") for n in range(2000)]
    read = body(writer.post("vouchers", voucher(*rows)), 201)
    fan_out.drain()
    listener = Integrator(factories.make_subscription("ledger_entries"))
    changed = [{**one, "text": "Other"} if one["row"] > 10 else one for one in read["rows"]]
    with CaptureQueriesContext(connection) as captured:
        answer = writer.put("vouchers/100/2024-01-01/A/1", {**read, "rows": changed})
    assert body(answer)["rows"] == changed
    assert len(captured) <= 60
    fan_out.drain()
    assert listener.pending()["total"] == 1990


# Twice, and at the same time


def test_the_same_again_under_an_idempotency_key_posts_nothing(writer: Writer) -> None:
    first, again = (writer.post("vouchers", voucher(), {"Idempotency-Key": "a"}) for _time in range(2))
    assert (first.status_code, first.content, first["ETag"]) == (201, again.content, again["ETag"])
    assert Voucher.objects.count() == 1
    problem(writer.post("vouchers", voucher(series="B"), {"Idempotency-Key": "a"}), 422, "idempotency_key_reused")


def test_two_at_once_under_one_idempotency_key_post_one(writer: Writer, books: factories.Books) -> None:
    text = factories.make_key()[1]
    with Together() as together:
        sent = [together.start(Writer(text).post, "vouchers", voucher(), {"Idempotency-Key": "a"}) for _n in range(2)]
    assert {one.result().status_code for one in sent} <= {201, 409}
    assert Voucher.objects.count() == 1


def test_many_at_once_get_numbers_without_gaps(writer: Writer, books: factories.Books) -> None:
    text = factories.make_key()[1]
    with Together() as together:
        sent = [together.start(Writer(text).post, "vouchers", voucher()) for _n in range(12)]
    numbers = [int(body(one.result(), 201)["number"]) for one in sent]
    assert sorted(numbers) == list(range(1, 13))


# Replacing


def post(writer: Writer) -> tuple[str, dict[str, Any], str]:
    """Post a voucher; return its address, what it is, and its tag."""
    answer = writer.post("vouchers", voucher())
    return answer["Location"].partition("/api/v1/")[2], body(answer, 201), answer["ETag"]


def test_what_is_read_may_be_sent_back(writer: Writer) -> None:
    address, read, tag = post(writer)
    answer = writer.put(address, read, {"If-Match": tag})
    assert (body(answer), answer["ETag"]) == (read, tag)


def test_rows_are_kept_by_their_number_and_others_are_new(writer: Writer) -> None:
    address, read, _tag = post(writer)
    rows = [{"row": 2, "account": "3001", "amount": "-5.00"}, row("1910", "2.00"), row("1910", "3.00", text="New")]
    changed = body(writer.put(address, {"voucher_date": "2024-02-04", "voucher_text": "Other", "rows": rows}))
    assert [(one["row"], one["amount"]) for one in changed["rows"]] == [(2, "-5.00"), (3, "2.00"), (4, "3.00")]
    assert (changed["voucher_text"], changed["voucher_date"], changed["number"]) == ("Other", "2024-02-04", "1")
    assert changed["registered_on"] == read["registered_on"]
    assert changed["rows"][0]["entry_date"] == "2024-02-03"


def test_another_state_than_was_read_is_not_replaced(writer: Writer) -> None:
    address, read, tag = post(writer)
    assert writer.put(address, {**read, "voucher_text": "First"}, {"If-Match": tag}).status_code == 200
    problem(writer.put(address, {**read, "voucher_text": "Second"}, {"If-Match": tag}), 412, "precondition_failed")
    assert Voucher.objects.get().text == "First"


def test_what_names_it_never_changes(writer: Writer) -> None:
    address, read, _tag = post(writer)
    for name in ("company", "financial_year", "series", "number", "reverses"):
        assert errors_of(writer.put(address, {**read, name: "other"})) == {name: "natural_key_changed"}


def test_a_row_that_is_not_there_is_told_at_its_place(writer: Writer) -> None:
    address, read, _tag = post(writer)
    strange = {**read, "rows": [read["rows"][1], {**read["rows"][0], "row": 7}]}
    assert errors_of(writer.put(address, strange)) == {"rows.1.row": "unknown_row"}
    twice = {**read, "rows": [read["rows"][0], {**read["rows"][1], "row": 1}]}
    problem(writer.put(address, twice), 400, "invalid")


def test_a_locked_voucher_is_not_replaced(writer: Writer, books: factories.Books) -> None:
    address, read, _tag = post(writer)
    lock(books, date(2024, 2, 29))
    problem(writer.put(address, read), 409, "period_locked")
    problem(writer.put(address, {**read, "rows": [row("1910", "1.00")]}), 400, "unbalanced")


@pytest.mark.parametrize(
    "address", ["100/2024-01-01/A/99", "100/2024-1-1/A/1", "100/x/A/1", "900/2024-01-01/A/1", "100/2024-01-01/A/%00"]
)
def test_what_is_not_there_is_not_found(writer: Writer, address: str) -> None:
    post(writer)
    problem(writer.get(f"vouchers/{address}"), 404, "not_found")
    problem(writer.post(f"vouchers/{address}/reverse"), 404, "not_found")


# Reversing


def test_a_reversal_turns_the_signs_and_both_tell_of_each_other(writer: Writer) -> None:
    address, read, _tag = post(writer)
    answer = writer.post(f"{address}/reverse")
    reversal = body(answer, 201)
    assert [one["amount"] for one in reversal["rows"]] == ["-1250.00", "1250.00"]
    assert (reversal["number"], reversal["voucher_date"]) == ("2", read["voucher_date"])
    assert reversal["reverses"] == {"financial_year": "2024-01-01", "series": "A", "number": "1"}
    assert body(writer.get(address))["reversed_by"] == {"financial_year": "2024-01-01", "series": "A", "number": "2"}
    assert body(writer.follow_to(answer["Location"])) == reversal


def test_day_text_and_series_may_be_said(writer: Writer) -> None:
    address, _read, _tag = post(writer)
    said = {"voucher_date": "2024-05-01", "text": "Wrong", "series": "R"}
    reversal = body(writer.post(f"{address}/reverse", said), 201)
    assert [reversal[name] for name in ("voucher_date", "voucher_text", "series", "number")] == [*said.values(), "1"]


def test_a_second_reversal_is_refused_with_the_address_of_the_first(writer: Writer) -> None:
    address, _read, _tag = post(writer)
    first = writer.post(f"{address}/reverse")
    found = problem(writer.post(f"{address}/reverse"), 409, "already_reversed")
    assert found["location"] == first["Location"]
    again = writer.post(f"{address}/reverse", headers={"Idempotency-Key": "a"})
    problem(again, 409, "already_reversed")


def test_a_reversal_of_a_locked_day_is_dated_when_it_may_be(writer: Writer, books: factories.Books) -> None:
    address, _read, _tag = post(writer)
    lock(books, date(2024, 2, 29))
    problem(writer.post(f"{address}/reverse", {"voucher_date": "2024-02-03"}), 409, "period_locked")
    assert body(writer.post(f"{address}/reverse"), 201)["voucher_date"] == "2024-03-01"


def test_two_reversals_at_once_make_one(writer: Writer, books: factories.Books) -> None:
    address, _read, _tag = post(writer)
    text = factories.make_key()[1]
    with Together() as together:
        sent = [together.start(Writer(text).post, f"{address}/reverse") for _n in range(4)]
    assert sorted(one.result().status_code for one in sent) == [201, 409, 409, 409]
    assert Voucher.objects.count() == 2


# Who, and who hears of it


def test_the_right_is_asked_for_in_the_company(books: factories.Books) -> None:
    user = factories.UserFactory.create()
    factories.give(user, "ledger.view_voucher", company=books.company)
    writer = Writer(factories.make_key(owner=user, company=books.company)[1])
    books.post()
    assert writer.get("vouchers/100/2024-01-01/A/1").status_code == 200
    problem(writer.post("vouchers", voucher()), 403, "permission_denied")
    problem(writer.post("vouchers/100/2024-01-01/A/1/reverse"), 403, "permission_denied")
    problem(Client().post("/api/v1/vouchers", voucher(), content_type="application/json"), 401, "not_authenticated")


def test_subscribers_hear_whose_it_was_and_the_writers_own_does_not_where_it_asks_so(books: factories.Books) -> None:
    application = factories.ApplicationFactory.create(name="Payroll")
    fan_out.drain()
    deaf = Integrator(factories.make_subscription("ledger_entries", application=application, own_changes=False))
    ears = Integrator(factories.make_subscription("ledger_entries", application=application))
    others = Integrator(factories.make_subscription("ledger_entries", own_changes=False))
    writer = Writer(factories.make_key(application=application)[1])
    address, read, _tag = post(writer)
    assert writer.put(address, {**read, "voucher_text": "Other"}).status_code == 200
    assert writer.post(f"{address}/reverse").status_code == 201
    books.post(text="By a person")
    fan_out.drain()
    told = [(one["operation"], one["origin"], one["data"]["voucher_text"]) for one in others.fetch_all()]
    mine = [("created", "Payroll", "Sale")] * 2 + [("changed", "Payroll", "Other")] * 2
    mine += [("created", "Payroll", "Reversal of A 1: Other")] * 2
    assert told == [*mine, *[("created", None, "By a person")] * 2]
    assert len(ears.fetch_all()) == 8
    assert [one["data"]["voucher_text"] for one in deaf.fetch_all()] == ["By a person"] * 2
