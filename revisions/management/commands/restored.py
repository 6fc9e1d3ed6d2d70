"""`manage.py restored`: what was found of a restored database, what was done, and what a person has to see to."""

import argparse
import getpass
import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from django.core import checks
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from history.actors import Actor, acting
from revisions import restoring, watermarks
from revisions.aftermath import Aftermath, last_unsettled, look_through
from revisions.installation import installation, last_restoration
from revisions.management.lacking import as_json, asked, item_as_json, line_of, lines, summary
from revisions.models import Restoration, TakenIn, TakingIn
from revisions.taking_in import running
from revisions.taking_in.lacking import Lacking, lacking
from revisions.taking_in.services import UnderWay, ask_for

LOST = """THIS DATABASE WAS RESTORED FROM A BACKUP.

  Found                     {found}
  Installation              {uid}, epoch {epoch}
  Last change that is here  {last}
  Last change known before  {lost}

Done already:
  - Every queue has a higher epoch. Receipts of the lost database are refused and delete nothing.
  - Every integration is told in `resync` to have everything transferred anew. What was queued stays queued.
  - New rows get numbers beyond those that were known outside.
  - Everybody signs in again, and access tokens have ended.

What only you can see to:
"""
KEYS = """\
  1. API keys: {count} work. One that was revoked after the backup, or whose text was replaced, works again as it
     did then; one that was made after it works no longer. Revoke or restore them in the admin:
"""
USERS = """\
  2. Users: passwords, rights and two-factor sign-in are those of the backup. {count} users may sign in: was one
     of them made inactive since, or did one lose a right?
"""
TRANSFERS = """\
  3. Transfers: start them for each integration (admin, the subscription, "Transfer what is missing"), and
     tell the integrators that whatever a transfer doesn't bring no longer exists:
"""
GONE = """\
  4. What was entered or imported in the admin after the backup is gone, and has to come in again. What integrations
     wrote over REST, and messages to the e-mail portal, can be taken in again: see below. Vouchers get numbers that
     were used once already. Audit log and trace end where the backup does.
  5. Working copies that were withdrawn after the backup can be checked in again. In one that was checked out after
     it, what is lost looks as if it had been deleted here; its check-in says so.
"""
NOTHING = "Nothing shows that this database was restored."
ANYWAY = "If it was restored nevertheless: manage.py restored --anyway"


class Command(BaseCommand):
    help = (
        "Says whether the database was restored from a backup, what was done about it and what is left to do, and "
        "notes that it is in order. Run again it changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="answer the question with yes")
        parser.add_argument(
            "--anyway",
            action="store_true",
            help="the database was restored although nothing shows it: the mark is lost, or went back with the backup",
        )
        parser.add_argument(
            "--take-in",
            choices=TakingIn.What.values,
            metavar="{writes,mails,all}",
            help="take in again what came in after the backup: writes over REST, messages, or both; without it they "
            "are only listed",
        )
        parser.add_argument(
            "--with-uncertain",
            action="store_true",
            help="also the writes of which nobody knows whether they were ever done",
        )
        parser.add_argument(
            "--since",
            type=_day,
            metavar="DAY",
            help="look from this day on (YYYY-MM-DD), not from about the backup on",
        )
        parser.add_argument("--json", action="store_true", help="say what is missing, or was taken in, as JSON")

    def handle(self, *_arguments: Any, yes: bool, anyway: bool, **options: Any) -> None:
        known = self._marks()
        with acting(Actor(via="restored")):
            restoring.look()
            if options["take_in"]:
                self._take_in(yes=yes, **options)
            elif options["json"]:
                self.stdout.write(json.dumps(as_json(lacking(since=options["since"])), indent=2))
            else:
                self._see_to_it(known, yes=yes, anyway=anyway, since=options["since"])

    def _see_to_it(self, known: list[str], *, yes: bool, anyway: bool, since: date | None) -> None:
        restoration = last_unsettled()
        if restoration is None and anyway:
            restoration = self._tell(yes=yes)
        found = lacking(since=since)
        if restoration is None:
            self._say_that_all_is_well(known)
            if since or found.writes.lost or found.mails:
                self._say_what_is_missing(found)
            return
        self._say(look_through(restoration))
        self._say_what_is_missing(found)
        self._check_database()
        self._settle(restoration, yes=yes, left=asked(TakingIn.What.ALL, found, with_uncertain=True))

    def _say_what_is_missing(self, found: Lacking, *, advises: bool = True) -> None:
        self.stdout.write("\n".join(["", *lines(found, advises=advises), ""]))

    def _take_in(self, *, take_in: str, yes: bool, with_uncertain: bool, since: date | None, **options: Any) -> None:
        found = lacking(since=since)
        if not options["json"]:
            self._say_what_is_missing(found, advises=False)
        wanted = asked(take_in, found, with_uncertain=with_uncertain)
        if not (yes or wanted):
            self.stdout.write("[]" if options["json"] else "There is nothing to take in.")
            return
        if not self._agrees(f"Take in {wanted}?", yes=yes):
            raise CommandError("Nothing was changed.")
        try:
            begun = ask_for(what=take_in, user=None, name=getpass.getuser(), with_uncertain=with_uncertain, since=since)
        except UnderWay as error:
            raise CommandError(str(error)) from None
        try:
            running.run(taking_in_id=begun.pk, told=None if options["json"] else self._tell_of_item)
        except BaseException:
            running.fail(taking_in_id=begun.pk)  # so that it can be asked for again at once
            raise
        items = list(begun.items.all())
        if options["json"]:
            self.stdout.write(json.dumps([item_as_json(item) for item in items], indent=2))
            return
        self.stdout.write("\n".join(["", *summary(items)]))

    def _tell_of_item(self, item: TakenIn) -> None:
        self.stdout.write(line_of(item))

    def _marks(self) -> list[str]:
        """What is known outside, before the look writes it anew."""
        if not watermarks.are_kept():
            return []
        places = {"file": str(watermarks.File.path(installation().uid)), "broker": "the broker"}
        return [
            f"{_change(mark.position.change_set, mark.position.last_change_at)}, written {_time(mark.marked_at)} in "
            f"{places[name]}"
            for name, mark in watermarks.read(installation().uid).items()
            if mark is not None
        ]

    def _say_that_all_is_well(self, known: list[str]) -> None:
        last = last_restoration()
        if last is not None:
            by = f"by {last.settled_by} {_time(last.settled_at)}"
            self.stdout.write(f"The database restored {_time(last.found_at)} was set in order {by}.")
        if not watermarks.are_kept():
            self.stdout.write("No marks are kept (UTKORG_MARK_FOLDER is empty): a restored database can't be noticed.")
        elif not known:
            self.stdout.write(
                "There was no mark to compare with, so whether it was restored can't be known. Now there is one."
            )
        else:
            self.stdout.write(
                "\n".join([NOTHING, "It holds what is known outside it:", *(f"  - {it}" for it in known)])
            )
        self.stdout.write(ANYWAY)

    def _tell(self, *, yes: bool) -> Restoration:
        last = last_restoration()
        if last is not None and _has_stood_still_since(last):
            raise CommandError(f"It was set in order {_time(last.settled_at)}, and nothing has changed since then.")
        self.stdout.write(f"{NOTHING} Every integration will have to transfer everything anew.")
        if not self._agrees("Was it restored from a backup?", yes=yes):
            raise CommandError("Nothing was changed.")
        return restoring.tell()

    def _say(self, found: Aftermath) -> None:
        restoration = found.restoration
        told = "by the mark that is kept outside the database" if restoration.how == "found" else "told by a person"
        lost = _change(restoration.lost_change_set, restoration.lost_changed_at)
        if restoration.marked_at:
            lost += f" (written down {_time(restoration.marked_at)})"
        self.stdout.write(
            LOST.format(
                found=f"{_time(restoration.found_at)}, {told}",
                uid=installation().uid,
                epoch=restoration.epoch,
                last=_change(restoration.last_change_set, restoration.last_changed_at),
                lost=lost,
            )
        )
        self._list(KEYS.format(count=found.key_count), list(_key_lines(found)))
        self._list(USERS.format(count=found.user_count), [])
        self._list(TRANSFERS, [f"{name}: {missing} registers of companies" for name, missing in found.subscriptions])
        self._list(GONE, [])

    def _list(self, text: str, lines: list[str]) -> None:
        self.stdout.write(text, ending="")
        for line in lines:
            self.stdout.write(f"       {line}")

    def _check_database(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("analyze")  # a restored database may have no statistics, and every page is slow until then
        problems = checks.run_checks(databases=["default"], tags=[checks.Tags.database])
        serious = [problem for problem in problems if problem.is_serious()]
        if serious:
            raise CommandError("The database isn't as it should be:\n" + "\n".join(str(one) for one in serious))

    def _settle(self, restoration: Restoration, *, yes: bool, left: str) -> None:
        if left:
            self.stdout.write(f"{left} are not taken in (see above). They can be taken in later as well.")
        if not self._agrees("Have you seen to all of it?", yes=yes):
            raise CommandError("It isn't noted as in order: the first page of the admin goes on telling of it.")
        restoring.settle(restoration, by=getpass.getuser())
        self.stdout.write("It is in order.")

    def _agrees(self, question: str, *, yes: bool) -> bool:
        if yes:
            return True
        if not sys.stdin.isatty():
            raise CommandError(f"{question} Nobody is here to answer. Say it with --yes.")
        return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _key_lines(found: Aftermath) -> Iterator[str]:
    for key in found.keys:
        used = f"last used {_time(key.last_used_at)}" if key.last_used_at else "never used"
        yield f"utk_{key.public_id}  {key.name} ({key.application}), of {key.owner}, {used}"
    if found.key_count > len(found.keys):
        yield f"and {found.key_count - len(found.keys)} more"


def _has_stood_still_since(last: Restoration) -> bool:
    position = watermarks.position_of(installation().uid)
    return position is not None and position.change_set == last.last_change_set


def _change(number: int | None, at: datetime | None) -> str:
    if at is None:
        return "none that is known"
    return f"{_time(at)}, change set {number or 'none'}"


def _time(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if at else "never"
