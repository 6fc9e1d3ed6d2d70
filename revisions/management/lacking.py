"""What a restored database lacks, and what became of it, as `manage.py restored` tells it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from inbox.storage import Envelope
from journal.lost import LostWrite
from revisions.models import TakenIn
from revisions.taking_in.lacking import Lacking
from revisions.taking_in.running import described

MOST_LINES = 200

NOTHING = "Nothing of what came in from {since} on is missing here: no write over REST, no message."
WRITES = "{count} writes over REST are not in this database, of {first} to {last}:"
PERHAPS = """\
{count} writes over REST were begun, and nobody knows whether they were ever done; who sent them got no answer.
They are taken in only with --with-uncertain:"""
MAILS = "{count} messages are not in this database, of {first} to {last}:"
GAP = "The journal lacks {count} writes of {since} to {until}: it couldn't be written."
SPOILED = "{count} lines of the journal are not whole."
ADVICE = """\
Take them in: manage.py restored --take-in writes (or mails, or all). Each write is the same request again, by the
same key with the rights that it has now. Vouchers, invoices and hours may get other numbers than then."""


def lines(found: Lacking) -> Iterator[str]:
    """All of it, with a table of each."""
    if found.is_empty:
        yield NOTHING.format(since=found.since)
    for text, lost in ((WRITES, found.writes.lost), (PERHAPS, found.writes.perhaps), (MAILS, found.mails)):
        yield from _table(text, lost)
    for gap in found.writes.gaps:
        yield GAP.format(count=gap.count, since=shown(gap.since), until=shown(gap.until))
    if found.writes.spoiled:
        yield SPOILED.format(count=found.writes.spoiled)
    if found.writes.lost or found.mails:
        yield ADVICE


def as_json(found: Lacking) -> dict[str, Any]:
    """The same for programs."""
    return {
        "since": found.since.isoformat(),
        "writes": [_as_json(write) for write in found.writes.lost],
        "uncertain_writes": [_as_json(write) for write in found.writes.perhaps],
        "mails": [_as_json(mail) for mail in found.mails],
        "gaps": [
            {"since": gap.since.isoformat(), "until": gap.until.isoformat(), "writes": gap.count}
            for gap in found.writes.gaps
        ],
        "spoiled_lines": found.writes.spoiled,
    }


def line_of(item: TakenIn) -> str:
    """What became of one."""
    told = f"{shown(item.at)}  {item.who}  {item.subject}: {item.get_outcome_display()}"
    if item.now:
        told += f" ({', '.join(item.then)} is now {', '.join(item.now)})"
    return f"{told}. {item.reason}" if item.reason else told


def item_as_json(item: TakenIn) -> dict[str, Any]:
    """The same for programs."""
    return {
        "uid": str(item.uid),
        "kind": item.kind,
        "at": item.at.isoformat(),
        "who": item.who,
        "what": item.subject,
        "outcome": item.outcome,
        "reason": item.reason or None,
        "then": item.then,
        "now": item.now,
    }


def shown(at: datetime) -> str:
    """A time to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _table(text: str, lost: Sequence[LostWrite | Envelope]) -> Iterator[str]:
    if not lost:
        return
    rows = [described(one) for one in lost]
    yield text.format(count=len(rows), first=shown(rows[0][2]), last=shown(rows[-1][2]))
    for who, subject, at in rows[:MOST_LINES]:
        yield f"  {shown(at)}  {who}  {subject}"
    if len(rows) > MOST_LINES:
        yield f"  and {len(rows) - MOST_LINES} more (--json lists them all)"


def _as_json(lost: LostWrite | Envelope) -> dict[str, Any]:
    who, subject, at = described(lost)
    told: dict[str, Any] = {"uid": str(lost.uid), "at": at.isoformat(), "who": who, "what": subject}
    if isinstance(lost, LostWrite):
        told["what"] = f"{lost.method} {lost.address}"
        again = lost.sent_again_at
        told |= {"key": lost.key, "gave": list(lost.gave), "sent_again_at": again.isoformat() if again else None}
    else:
        told |= {"company": lost.company, "source": lost.source, "size": lost.size}
    return told
