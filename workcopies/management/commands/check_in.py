"""`manage.py check_in FILE`: take in what was changed in a working copy."""

import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from workcopies.checking_in import check_in
from workcopies.exceptions import WorkingCopyError
from workcopies.file.tables import tables_by_name
from workcopies.landing.report import About, Landing, Report
from workcopies.management.people import acting_for, user_and_rights
from workcopies.management.showing import Percent

NOT_ALL_LANDED = 2
STOPPED = 130
MOST_LISTED = 100
_OPERATIONS = {"created": gettext_lazy("New"), "changed": gettext_lazy("Changed"), "deleted": gettext_lazy("Deleted")}


class Command(BaseCommand):
    """What became of the copy on standard output; errors and progress on standard error.

    Exits with 0 where all landed, with 2 where there are conflicts or refusals (the rest landed), with 1 where nothing
    is written.
    """

    help = "Check a working copy (NAME.utkorg) in: what was changed in it lands, what changed here meanwhile stays."

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        """Let a mistake in the options end with 1: 2 says that something landed."""
        parser = super().create_parser(prog_name, subcommand, **options)
        refuse = parser.exit

        def leave(status: int = 0, message: str | None = None) -> NoReturn:
            refuse(min(status, 1), message)

        parser.exit = leave  # type: ignore[method-assign]
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("file", metavar="FILE", help="the working copy")
        parser.add_argument("--dry-run", action="store_true", help="only tell what would land; nothing is written")
        parser.add_argument(
            "--allow-deletions",
            action="store_true",
            help="more than 20 deletions that are more than 5 %% of a register are meant",
        )
        parser.add_argument("--json", action="store_true", help="the report as JSON on standard output")
        parser.add_argument("--user", metavar="NAME", help="who checks in; their rights count (default: all rights)")

    def handle(self, *_arguments: Any, file: str, **options: Any) -> None:
        """Check it in, and tell what became of it."""
        path = Path(file)
        if not path.exists():
            raise CommandError(_("There is no file %(file)s.") % {"file": file})
        report = self._check_in(path, options)
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
        else:
            for line in _lines(report):
                self.stdout.write(line)
        if not report.is_complete:
            raise SystemExit(NOT_ALL_LANDED)

    def _check_in(self, path: Path, options: Mapping[str, Any]) -> Report:
        user, rights = user_and_rights(options["user"])
        texts = {"reading": _("%(file)s: reading,"), "landing": _("%(file)s: checking in,")}
        try:
            with acting_for(user, command="check_in"), Percent(self.stderr) as show:
                return check_in(
                    path=path,
                    user=user,
                    rights=rights,
                    via="command",
                    dry_run=options["dry_run"],
                    allow_deletions=options["allow_deletions"],
                    progress=lambda stage, done, total: show.tell(texts[stage] % {"file": path}, done, total),
                )
        except WorkingCopyError as error:
            raise CommandError(f"{path}: {error}") from error
        except KeyboardInterrupt as error:
            stopped = _("Stopped: nothing of %(file)s is checked in.") % {"file": path}
            raise CommandError(stopped, returncode=STOPPED) from error


def _lines(report: Report) -> Iterator[str]:
    """The report for people; last how much there was of what."""
    yield from report.warnings
    for landing in report.landed[:MOST_LISTED]:
        yield f"{_OPERATIONS[landing.operation]}: {_named(landing)}{_provisional(landing)}"
    more = len(report.landed) - MOST_LISTED
    if more > 0:
        yield ngettext("… and %(count)d more", "… and %(count)d more", more) % {"count": more}
    for conflict in report.conflicts:
        yield _("Conflict: %(document)s") % {"document": _named(conflict)}
        for name, values in conflict.fields.items():
            told = {side: _value(values.get(side)) for side in ("base", "mine", "theirs")}
            yield "  " + _("%(field)s: was %(base)s, is %(mine)s in the copy and %(theirs)s here") % {
                "field": name,
                **told,
            }
    for refusal in report.refused:
        yield _("Refused: %(document)s: %(reason)s") % {"document": _named(refusal), "reason": refusal.reason}
    yield _summary(report)


def _provisional(landing: Landing) -> str:
    if landing.provisional is None:
        return ""
    return " " + _("(%(provisional)s in the copy)") % {"provisional": landing.provisional}


def _summary(report: Report) -> str:
    operations = Counter(landing.operation for landing in report.landed)
    conflicts, refused = len(report.conflicts), len(report.refused)
    parts = [
        _("%(created)d new, %(changed)d changed, %(deleted)d deleted")
        % {name: operations[name] for name in ("created", "changed", "deleted")},
        ngettext("%(count)d conflict", "%(count)d conflicts", conflicts) % {"count": conflicts},
        ngettext("%(count)d refused", "%(count)d refused", refused) % {"count": refused},
    ]
    if not report.dry_run:
        return "; ".join(parts)
    theirs = f"{len(report.theirs)}{'' if report.has_all_of_theirs else '+'}"
    parts.append(_("%(count)s changed here alone, which stay") % {"count": theirs})
    return _("Nothing is written yet. Would land: %(what)s") % {"what": "; ".join(parts)}


def _named(about: About) -> str:
    table = tables_by_name().get(about.register)
    kind = table.model._meta.verbose_name if table else about.information_type
    return f"{kind} {' '.join(str(value) for value in about.key.values() if value != '')}"


def _value(value: Any) -> str:
    return "–" if value in (None, "") else str(value)
