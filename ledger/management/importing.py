"""What the commands that import files have in common: a line per file, and what is wrong with the others."""

import os
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access.programs import acting_as
from ledger.importing.report import ImportReport
from ledger.sie.exceptions import FileError
from ledger.sie.importing import Progress

SECONDS_BETWEEN_PROGRESS = 2.0


class ImportCommand(BaseCommand):
    """A line per file on standard output; errors, warnings and progress on standard error."""

    service: ClassVar[Callable[..., ImportReport]]  # what imports one file; see `run_import`
    requires_a: ClassVar[str]  # what a file is
    default_number: ClassVar[str]  # where the company's number comes from

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("files", nargs="+", metavar="FILE", help=f"a {self.requires_a}")
        parser.add_argument("--company", metavar="N", help=f"the company's number (default: {self.default_number})")

    def handle(self, *_arguments: Any, files: list[str], company: str | None, **_options: Any) -> None:
        """Import each file in a transaction of its own; exit with 1 if one was refused."""
        refused = 0
        for file in files:
            try:
                report = self._import(file, company)
            except FileError as error:
                refused += 1
                self.stderr.write(str(error))
            except KeyboardInterrupt as error:
                stopped = _("Stopped: nothing of %(file)s is stored.") % {"file": _shown(file)}
                raise CommandError(stopped, returncode=130) from error
            else:
                self._tell(report)
        if refused:
            raise CommandError(
                ngettext("%(count)d file was refused.", "%(count)d files were refused.", refused) % {"count": refused}
            )

    def _import(self, file: str, company: str | None) -> ImportReport:
        name = _shown(file)
        with acting_as(type(self).__module__.rpartition(".")[2]):
            return self.service(source=Path(file), name=name, company_number=company, progress=Reporter(self, name))

    def _tell(self, report: ImportReport) -> None:
        kind = _("type %(type)s") if report.format == "SIE" else _("version %(type)s")
        self.stdout.write(
            f"{report.file}: {kind % {'type': report.version}}, "
            + _("company %(company)s, accounts %(accounts)d, vouchers %(vouchers)d, rows %(rows)d")
            % {
                "company": report.company,
                "accounts": report.accounts,
                "vouchers": report.vouchers,
                "rows": report.rows,
            }
        )
        for warning in report.warnings:
            times = f" (×{warning.times})" if warning.times > 1 else ""
            self.stderr.write(f"{report.file}:{warning.line}: {_('warning')}: {warning.text}{times}")
        self._tell_of_balances(report)

    def _tell_of_balances(self, report: ImportReport) -> None:
        if report.changes.vouchers_changed:
            self.stderr.write(
                ngettext(
                    "%(file)s: %(count)d voucher differed from the register and was made as in the file.",
                    "%(file)s: %(count)d vouchers differed from the register and were made as in the file.",
                    report.changes.vouchers_changed,
                )
                % {"file": report.file, "count": report.changes.vouchers_changed}
            )
        if report.others_kept:
            self.stderr.write(
                ngettext(
                    "%(file)s: %(count)d other voucher of the year isn't in the file; it stays.",
                    "%(file)s: %(count)d other vouchers of the year aren't in the file; they stay.",
                    report.others_kept,
                )
                % {"file": report.file, "count": report.others_kept}
            )
        if report.balance_report is None:
            return
        for balance in report.balance_report.differences:
            self.stderr.write(
                f"{report.file}: "
                + _("account %(account)s: opening %(opening)s + vouchers %(vouchers)s is not closing %(closing)s")
                % {
                    "account": balance.account,
                    "opening": balance.opening,
                    "vouchers": balance.vouchers,
                    "closing": balance.closing,
                }
            )


def _shown(file: str) -> str:
    """A file's name that can be printed, also where its bytes are no UTF-8."""
    return os.fsencode(file).decode(errors="replace")


class Reporter:
    """Tells every other second how far a file has come, so that only large files say anything."""

    def __init__(self, command: BaseCommand, file: str) -> None:
        self._command = command
        self._file = file
        self._told = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        """Tell, if it is time."""
        now = time.monotonic()
        if now - self._told < SECONDS_BETWEEN_PROGRESS:
            return
        self._told = now
        if progress.stage == "reading":
            text = _("%(file)s: %(done)d lines read") % {"file": self._file, "done": progress.done}
        else:
            text = _("%(file)s: %(done)d of %(total)d vouchers stored") % {
                "file": self._file,
                "done": progress.done,
                "total": progress.total or 0,
            }
        self._command.stderr.write(text, self._command.style.NOTICE)
