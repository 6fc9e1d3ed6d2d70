"""Whose books a file holds: the company, found or created, and its financial years."""

import datetime as dt
import re
from collections.abc import Callable
from typing import NamedTuple

from django.db import connection

from ledger.importing.exceptions import CompanyError, FinancialYearError
from ledger.importing.messages import message as _
from ledger.importing.records import VALID_COMPANY_NUMBER, Identity, Stated, Year
from ledger.importing.remarks import Remarks
from ledger.models import Company, FinancialYear

_CURRENCY = re.compile(r"[A-Z]{3}")

YEARS_WITHOUT = """
    select extract(year from voucher_date)::int, min(line)
    from import_voucher staged
    where not exists (
        select from ledger_financialyear year
        where year.company_id = %s and staged.voucher_date between year.first_day and year.last_day
    )
    group by 1 order by 2
"""


Check = Callable[[str], None]


class FoundCompany(NamedTuple):
    """A file's company, and whether the file brought it."""

    company: Company
    is_new: bool


def anybody(_number: str) -> None:
    """Whoever asks may import into every company."""


def find_company(*, identity: Identity, number: str | None, warnings: Remarks, check: Check = anybody) -> FoundCompany:
    """Return the company of a file, created if nobody has its number, and hold it until the transaction's end.

    Raises `CompanyError` where there is no number, or where another company has it. `check` is asked for the number
    before anything is looked at or told of the company, and raises where whoever imports may not.
    """
    stated = Stated(number, identity.name.line) if number is not None else identity.company_number
    if stated is None:
        raise CompanyError(
            _("The file names no company (%(labels)s).") % {"labels": identity.labels.company_number},
            advice=_("Give its number (on the command line with --company)."),
        )
    if not VALID_COMPANY_NUMBER.fullmatch(stated.text):
        raise CompanyError(
            _("%(number)s is no company number.") % {"number": stated.text},
            advice=_("It has 1 to 32 letters (a–z), digits, hyphens, underscores and full stops."),
        )
    check(stated.text)
    _known, is_new = Company.objects.get_or_create(
        number=stated.text, defaults=_described(identity, stated.text, warnings)
    )
    # Two imports for one company take turns.
    company = Company.objects.select_for_update(no_key=True).get(number=stated.text)
    _refuse_another(company, identity, asked_for=number is not None)
    _warn_of_company(company, identity, warnings)
    return FoundCompany(company, is_new)


def _described(identity: Identity, number: str, warnings: Remarks) -> dict[str, str]:
    described = {"name": identity.name.text or number, "organisation_number": identity.organisation_number.text}
    if _CURRENCY.fullmatch(identity.currency.text):
        described["currency"] = identity.currency.text
    if identity.time_zone:
        described["time_zone"] = identity.time_zone
    if not identity.name.text:
        warnings.add(
            1,
            _("The file doesn't name its company (%(label)s); the number stands for the name.")
            % {"label": identity.labels.company_name},
        )
    return described


def _warn_of_company(company: Company, identity: Identity, warnings: Remarks) -> None:
    if not company.active:
        warnings.add(1, _("Company %(number)s is inactive.") % {"number": company.number})
    currency = identity.currency
    if _CURRENCY.fullmatch(currency.text) and currency.text != company.currency:
        warnings.add(
            currency.line,
            _("The file is in %(theirs)s, the company's currency is %(ours)s; the amounts are stored as they are.")
            % {"theirs": currency.text, "ours": company.currency},
        )


def _refuse_another(company: Company, identity: Identity, *, asked_for: bool) -> None:
    """Refuse to mix the books of two companies: the name and the organisation number are another's."""
    ours, theirs = _digits(company.organisation_number), _digits(identity.organisation_number.text)
    # Where one of them is not known, who gives the number knows whose books they are.
    other_number = ours != theirs if ours and theirs else not asked_for
    if other_number and _folded(company.name) != _folded(identity.name.text or company.number):
        raise CompanyError(
            _("Company %(number)s is %(name)s (%(organisation)s); the file is of %(theirs)s (%(their_organisation)s).")
            % {
                "number": company.number,
                "name": company.name,
                "organisation": company.organisation_number or "–",
                "theirs": identity.name.text or "–",
                "their_organisation": identity.organisation_number.text or "–",
            },
            line=identity.name.line,
            advice=_(
                "If it is the same company, correct its name or organisation number; "
                "else give the file's company a number of its own (on the command line with --company)."
            ),
        )


def _digits(organisation_number: str) -> str:
    return re.sub(r"\D", "", organisation_number) or organisation_number.strip()


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def open_years(*, company: Company, identity: Identity, warnings: Remarks) -> dict[int, FinancialYear]:
    """Return the financial years of a file by their number (0, -1 …), created where the company lacks them.

    A voucher's date in no year of the company opens the calendar year, if the file states no year itself. Raises
    `FinancialYearError` for years that overlap and for dates outside.
    """
    years = {year.number: _open_year(company, year) for year in identity.years}
    for calendar_year, line in _years_without(company):
        if identity.years:
            raise FinancialYearError(
                _("The voucher's date is in no financial year of the file (%(label)s) or the company.")
                % {"label": identity.labels.year},
                line=line,
            )
        opened = Year(line, 0, dt.date(calendar_year, 1, 1), dt.date(calendar_year, 12, 31))
        _open_year(company, opened)
        warnings.add(
            line,
            _("The file states no financial year (%(label)s): the calendar year %(year)d was opened.")
            % {"year": calendar_year, "label": identity.labels.year},
        )
    return years


def _open_year(company: Company, year: Year) -> FinancialYear:
    overlapping = FinancialYear.objects.filter(
        company=company, first_day__lte=year.last_day, last_day__gte=year.first_day
    ).order_by("first_day")
    for known in overlapping:
        if (known.first_day, known.last_day) == (year.first_day, year.last_day):
            return known
        raise FinancialYearError(
            _("The financial year %(first)s–%(last)s overlaps the company's year %(known)s.")
            % {"first": year.first_day, "last": year.last_day, "known": known},
            line=year.line,
            advice=_(
                "Correct the company's financial year first, "
                "or give the file a company of its own (on the command line with --company)."
            ),
        )
    return FinancialYear.objects.create(company=company, first_day=year.first_day, last_day=year.last_day)


def _years_without(company: Company) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(YEARS_WITHOUT, [company.pk])
        return list(cursor.fetchall())
