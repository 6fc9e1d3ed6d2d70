"""`manage.py check_out --company N FILE`: put companies into a file that can be worked in elsewhere."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ledger.models import Company
from workcopies.checking_out import check_out
from workcopies.exceptions import CheckOutError
from workcopies.file.tables import Table, all_tables
from workcopies.management.people import acting_for, user_and_rights
from workcopies.management.showing import Percent
from workcopies.models import WorkingCopy
from workcopies.selecting import Reach, registers_for


class Command(BaseCommand):
    """A line on standard output when the file is there; errors and progress on standard error."""

    help = "Check companies out into a file (NAME.utkorg), to work in it elsewhere and check it in again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("file", metavar="FILE", help="the file to make, such as books.utkorg")
        parser.add_argument(
            "--company", dest="companies", action="append", required=True, metavar="N", help="a company's number"
        )
        parser.add_argument(
            "--year",
            dest="years",
            action="append",
            default=[],
            type=_day,
            metavar="DAY",
            help="only the financial year that begins on this day, such as 2024-01-01, in each company (default: all)",
        )
        parser.add_argument("--user", metavar="NAME", help="who checks out; their rights count (default: all rights)")

    def handle(self, *_arguments: Any, file: str, companies: list[str], years: list[date], **options: Any) -> None:
        """Make the file; exit with 1 where that isn't possible."""
        path = Path(file)
        user, rights = user_and_rights(options["user"])
        found = _companies(companies)
        try:
            with acting_for(user, command="check_out"), Percent(self.stderr) as show:
                copy = check_out(
                    companies=found,
                    years={company.number: years for company in found},
                    user=user,
                    rights=rights,
                    name=path.name.removesuffix(".utkorg"),
                    path=path,
                    progress=partial(show.tell, _("%(file)s: checking out,") % {"file": file}),
                )
        except CheckOutError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as error:
            raise CommandError(_("Stopped: there is no %(file)s.") % {"file": file}, returncode=130) from error
        self._tell(file, copy, left_out(found, registers_for(found, rights)))

    def _tell(self, file: str, copy: WorkingCopy, missing: Sequence[str]) -> None:
        rows = ngettext("%(count)d row", "%(count)d rows", copy.rows) % {"count": copy.rows}
        self.stdout.write(f"{file}: {rows}, {max(1, copy.size >> 10)} kB, {copy.uid}")
        for text in missing:
            self.stderr.write(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day such as 2024-01-01.") from None


def left_out(companies: Sequence[Company], reach: Reach) -> list[str]:
    """Say which registers aren't in the copy for lack of rights, by company."""
    lines = []
    for company in companies:
        missing = [_name(table) for table in all_tables() if company.pk not in reach.get(table, ())]
        if missing:
            lines.append(
                _("Company %(company)s: left out, since rights are missing: %(registers)s.")
                % {"company": company.number, "registers": ", ".join(missing)}
            )
    return lines


def _name(table: Table) -> str:
    return str(table.model._meta.verbose_name_plural)


def _companies(numbers: Sequence[str]) -> list[Company]:
    wanted = list(dict.fromkeys(numbers))
    known = {company.number: company for company in Company.objects.filter(number__in=wanted)}
    unknown = [number for number in wanted if number not in known]
    if unknown:
        raise CommandError(
            ngettext("There is no company %(numbers)s.", "There are no companies %(numbers)s.", len(unknown))
            % {"numbers": ", ".join(unknown)}
        )
    return [known[number] for number in wanted]
