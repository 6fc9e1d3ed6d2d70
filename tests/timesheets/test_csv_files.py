"""Files of hours, as people's programs write them."""

from decimal import Decimal

import pytest
from django.utils import translation

from ledger.models import Company
from tests import factories
from timesheets.models import HoursFile, TimeTransaction
from timesheets.services import csv_files
from timesheets.services.approving import approve
from timesheets.services.csv_files import FileRefused, Outcome

pytestmark = pytest.mark.django_db

ROWS = """employee_id;employee;date_in;time_category;quantity;external_id
155;Ola Danielsen;2024-07-10;10;7,50;a
155;Ola Danielsen;10.07.2024;20;2;a
162;Åsa Öberg;20240711;10;"8.00";b
"""


@pytest.fixture
def company() -> Company:
    company = factories.CompanyFactory.create(number="100")
    for number in (10, 20):
        factories.TimeCategoryFactory.create(company=company, number=number)
    return company


def kept(company: Company, text: str | bytes) -> HoursFile:
    content = text.encode() if isinstance(text, str) else text
    return csv_files.keep(company=company, name="timmar.csv", content=content, by=factories.UserFactory.create())


def figures(outcome: Outcome) -> tuple[int, int, int]:
    return outcome.created, outcome.changed, outcome.unchanged


def wrong(company: Company, text: str) -> list[tuple[int, str]]:
    outcome = csv_files.store(file=kept(company, text), may_change=True)
    assert not TimeTransaction.objects.exists()
    return [(one.line, one.column) for one in outcome.wrong]


def test_a_file_is_looked_at_then_stored_and_twice_changes_nothing(company: Company) -> None:
    file = kept(company, ROWS)
    looked = csv_files.look(file=file, may_change=True)
    assert (figures(looked), looked.hours) == ((3, 0, 0), Decimal("17.50"))
    assert not TimeTransaction.objects.exists()
    assert figures(csv_files.store(file=file, may_change=True)) == (3, 0, 0)
    assert list(TimeTransaction.objects.order_by("pk").values_list("uid", "employee")) == [
        (1, "Ola Danielsen"),
        (1, "Ola Danielsen"),
        (2, "Åsa Öberg"),
    ]
    with pytest.raises(FileRefused):
        csv_files.store(file=file, may_change=True)
    assert figures(csv_files.look(file=kept(company, ROWS), may_change=False)) == (0, 0, 3)
    approve(rows=TimeTransaction.objects.all(), level=1, by="trineg")
    changed = csv_files.look(file=kept(company, ROWS.replace("7,50", "7,25")), may_change=True)
    assert (figures(changed), changed.withdrawn) == ((0, 1, 2), 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_any_program_s_separators_and_letters_are_read(company: Company, encoding: str, delimiter: str) -> None:
    text = ROWS.replace("7,50", "7.50").replace(";", delimiter).replace("\n", "\r\n")
    csv_files.store(file=kept(company, text.encode(encoding)), may_change=True)
    assert TimeTransaction.objects.filter(employee="Åsa Öberg", quantity=8).exists()


def test_the_template_is_read_in_every_language(company: Company) -> None:
    for language in ("sv", "nb", "en"):
        with translation.override(language):
            content = csv_files.template()
        with translation.override("en"):
            assert figures(csv_files.look(file=kept(company, content), may_change=True)) == (1, 0, 0)


def test_what_is_wrong_is_told_by_line_and_column(company: Company) -> None:
    text = ROWS + "\n155;x;2024-07-10;99;x;\n155;x;2024-07-10;10;1;;more\n"
    assert set(wrong(company, text)) == {(6, "time category"), (6, "hours"), (7, "")}
    outcome = csv_files.look(file=kept(company, text), may_change=True)
    stands = {(one.column, one.stands) for one in outcome.wrong}
    assert stands == {("time category", "99"), ("hours", "x"), ("", "")}


def test_a_formula_stays_text_and_our_own_guard_is_taken_off(company: Company) -> None:
    text = "employee_id;date_in;time_category;quantity;free_text\n155;2024-07-10;10;1;'=1+1\n155;2024-07-10;20;1;=1+1\n"
    csv_files.store(file=kept(company, text), may_change=True)
    assert set(TimeTransaction.objects.values_list("free_text", flat=True)) == {"=1+1"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"PK\x03\x04",
        "employee_id\n".encode("utf-16"),
        b"employee_id;\0",
        b"colour;time_category\nred;10\n",
        b"time_category;time_category\n1;1\n",
        b"employee_id\n155\n",
        b"time_category;employee_id\n",
        b'time_category;employee_id\n10;"' + b"x" * 200_000 + b'"\n',
        b"\x81\x8d",
        b"x" * 200_000 + b"\n1\n",
    ],
)
def test_what_isnt_hours_is_refused_with_words(company: Company, content: bytes) -> None:
    with pytest.raises(FileRefused) as caught:
        kept(company, content)
    assert str(caught.value)
    assert not HoursFile.objects.exists()


def test_a_row_of_another_company_is_refused(company: Company) -> None:
    text = "company;employee_id;date_in;time_category;quantity\n100;1;2024-07-10;10;1\n101;1;2024-07-10;10;1\n"
    assert wrong(company, text) == [(3, "company")]


def test_columns_that_are_filled_in_here_arent_read(company: Company) -> None:
    text = "employee_id;date_in;time_category;quantity;approved_level_one\n1;2024-07-10;10;1;1\n"
    outcome = csv_files.store(file=kept(company, text), may_change=True)
    assert outcome.left_out == ["approved_level_one"]
    assert TimeTransaction.objects.get().approved_level_one is None
