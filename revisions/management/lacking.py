"""What a restored database lacks, and what became of it, as `manage.py restored` tells it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from inbox.storage import Envelope
from journal.lost import LostWrite
from revisions.models import TakenIn, TakingIn
from revisions.taking_in.lacking import Lacking
from revisions.taking_in.running import described

MOST_LINES = 200
Outcome = TakenIn.Outcome

NOTHING = "Nothing of what came in from {since} on is missing here: no write over REST, no message."
WRITES = "{count} writes over REST are not in this database, of {first} to {last} (who: request → what it made):"
PERHAPS = """\
{count} writes over REST were begun, and nobody knows whether they were ever done; who sent them got no answer.
They are taken in only with --with-uncertain:"""
MAILS = "{count} messages are not in this database, of {first} to {last} (from: to):"
GAP = """\
The journal couldn't be written from {since} to {until}, and lacks {count} writes over REST. Invoices handed in as
XML are kept nevertheless, and those that are missing here are listed among the messages. Whatever else it was must be
sent again by those who sent it."""
SPOILED = "Lines of the journal that are not whole: {count}. A write that only such a line tells of isn't listed."
ADVICE = """\
Nothing is taken in yet. To do it: manage.py restored --take-in all (or writes, or mails).
  - A write is the same request again, by the same key with the rights that it has now. Bring keys, rights and
    periods in order first: what isn't allowed now is left out, and told with its reason.
  - Vouchers, invoices and hours may get other numbers than they had; you are told which.
  - A message is read as if it had just come."""

WORDS = {
    Outcome.TAKEN_IN: "taken in",
    Outcome.MOVED: "other number",
    Outcome.ANSWERED: "here already",
    Outcome.REFUSED: "NOT TAKEN IN",
}
MEANT = {
    Outcome.TAKEN_IN: "taken in",
    Outcome.MOVED: "taken in with another number than then",
    Outcome.ANSWERED: "here already, sent again meanwhile, and not done twice",
    Outcome.REFUSED: "not taken in",
}
READ_NOW = """\
A worker reads the messages now. Their invoices come to the queue of incoming invoices, and a message without any to
quarantine."""
MOVED = "Tell those who sent these: what they made has another number now."
REFUSED = """\
Not taken in, for these reasons. Nothing is lost: they stay listed. Once a reason is gone, run the same command again;
it leaves alone what is here."""


def lines(found: Lacking, *, advises: bool = True) -> Iterator[str]:
    """All of it, with a table of each, and what to do."""
    if found.is_empty:
        yield NOTHING.format(since=found.since)
    for text, lost in ((WRITES, found.writes.lost), (PERHAPS, found.writes.perhaps), (MAILS, found.mails)):
        yield from _table(text, lost)
    for gap in found.writes.gaps:
        yield GAP.format(count=gap.count, since=shown(gap.since), until=shown(gap.until))
    if found.writes.spoiled:
        yield SPOILED.format(count=found.writes.spoiled)
    if advises and (found.writes.lost or found.mails):
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


def asked(what: str, found: Lacking, *, with_uncertain: bool) -> str:
    """How much there is to take in of what somebody asked for; empty for nothing."""
    writes = len(found.writes.lost) + (len(found.writes.perhaps) if with_uncertain else 0)
    counts = {"writes over REST": writes, "messages": len(found.mails)}
    if what != TakingIn.What.ALL:
        counts.pop("messages" if what == TakingIn.What.WRITES else "writes over REST")
    return " and ".join(f"{count} {name}" for name, count in counts.items() if count)


def line_of(item: TakenIn) -> str:
    """What became of one."""
    return f"{WORDS[Outcome(item.outcome)]:<12}  {_named(item)}"


def summary(items: Sequence[TakenIn]) -> Iterator[str]:
    """What became of all: how many of each, and what somebody has to see to."""
    if not items:
        yield "There was nothing to take in."
    for kind, name in ((TakenIn.Kind.WRITE, "writes over REST"), (TakenIn.Kind.MAIL, "messages")):
        of_kind = [item for item in items if item.kind == kind]
        counts = {outcome: sum(item.outcome == outcome for item in of_kind) for outcome in MEANT}
        if of_kind:
            told = ", ".join(f"{count} {MEANT[outcome]}" for outcome, count in counts.items() if count)
            yield f"{len(of_kind)} {name}: {told}."
    if any(item.kind == TakenIn.Kind.MAIL and item.outcome == Outcome.TAKEN_IN for item in items):
        yield READ_NOW
    if moved := [item for item in items if item.outcome == Outcome.MOVED]:
        yield MOVED
        yield from (f"  {item.who}: {', '.join(item.then)} is now {', '.join(item.now)}" for item in moved)
    if refused := [item for item in items if item.outcome == Outcome.REFUSED]:
        yield REFUSED
        yield from (f"  {_named(item)}: {item.reason}" for item in refused)


def _named(item: TakenIn) -> str:
    return f"{shown(item.at)}  {item.who}  {item.subject}"


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
