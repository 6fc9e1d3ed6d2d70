"""What is kept of a check-in: what landed, as the base of the next one, and what waits for somebody to choose."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.utils import timezone

from ledger.models import Company
from workcopies.documents.document import Document, key_from_text, key_text
from workcopies.documents.merging import Outcome
from workcopies.landing.items import Item, Name
from workcopies.landing.landing import Lander
from workcopies.models import CheckIn, Conflict, Landed, WorkingCopy

BATCH = 1000


def landed_of(copy: WorkingCopy) -> Iterator[tuple[Name, Landed]]:
    """Yield what landed of a copy, by what it is known by in the copy, the latest last."""
    for one in Landed.objects.filter(working_copy=copy).order_by("check_in_id"):
        yield (one.register, key_from_text(one.copy_key)), one


def keep(lander: Lander, *, copy: WorkingCopy, check_in: CheckIn, gone_on_from: Collection[int]) -> None:
    """Keep what landed, as the base of the next check-in of the file, and queue what conflicts.

    `gone_on_from` are the check-ins that the file goes on from.
    """
    theirs = lander.theirs_now()
    _write(
        [
            Landed(
                working_copy=copy,
                check_in=check_in,
                register=item.register,
                copy_key=key_text(item.key),
                server_key=list(key),
                mine=_json(item.mine),
                theirs=_json(theirs.get((item.register, key))),
                made=item.made,
            )
            for item, key in lander.done.agreed.values()
        ]
    )
    refused = lander.done.refused.keys()
    _keep_conflicts(copy, check_in, lander.done.conflicts, refused=refused, gone_on_from=gone_on_from)
    copy.checked_in_at = timezone.now()
    copy.save(update_fields=["checked_in_at"])


def remember_resolved(*, conflict: Conflict, theirs: Document | None) -> None:
    """Keep that a conflict is settled: what the copy had is no change any more, and `theirs` is what the server has."""
    key = list(theirs.key) if theirs else _server_key(conflict)
    _write(
        [
            Landed(
                working_copy=conflict.working_copy,
                check_in=conflict.check_in,
                register=conflict.register,
                copy_key=conflict.copy_key,
                server_key=key,
                mine=conflict.mine_in_copy,
                theirs=_json(theirs),
                made=conflict.made,
            )
        ]
    )


def _keep_conflicts(
    copy: WorkingCopy,
    check_in: CheckIn,
    found: Mapping[Name, tuple[Item, Outcome]],
    *,
    refused: Collection[Name],
    gone_on_from: Collection[int],
) -> None:
    """Queue what conflicts, once: nobody is asked again about the same; what conflicts no more isn't asked any more.

    Of what was refused nobody knows, and its question stays; so does what another version of the file has asked, even
    the same: each takes back its own.
    """
    opened = Conflict.objects.select_for_update().filter(working_copy=copy, status=Conflict.Status.OPEN)
    waiting = defaultdict[Name, list[Conflict]](list)
    for one in opened.order_by("pk"):
        waiting[one.register, key_from_text(one.copy_key)].append(one)
    companies = Company.objects.in_bulk({item.company for item, _outcome in found.values()}, field_name="number")
    own: Collection[int] = gone_on_from if check_in.file_place is not None else _without_log(copy)
    new, again = list[Conflict](), list[int]()
    for name, (item, outcome) in found.items():
        conflict = _conflict(copy, check_in, item, outcome, companies[item.company])
        asked = (one for one in waiting[name] if one.check_in_id in own and _asks_the_same(one, conflict))
        before = next(asked, None)
        if before is None:
            new.append(conflict)
        else:
            waiting[name].remove(before)
            again.append(before.pk)
            _bring_up_to_date(before, conflict)
    over = [
        one.pk
        for name, others in waiting.items()
        for one in others
        if name not in refused and one.check_in_id in gone_on_from
    ]
    Conflict.objects.filter(pk__in=over).update(status=Conflict.Status.SUPERSEDED)
    # This check-in's from now on: a file that was copied before it doesn't take them back.
    Conflict.objects.filter(pk__in=again).update(check_in=check_in)
    Conflict.objects.bulk_create(new, batch_size=BATCH)


def _conflict(copy: WorkingCopy, check_in: CheckIn, item: Item, outcome: Outcome, company: Company) -> Conflict:
    one = next(document for document in (outcome.theirs, outcome.mine, outcome.base) if document is not None)
    return Conflict(
        working_copy=copy,
        check_in=check_in,
        company=company,
        information_type=one.information_type,
        register=item.register,
        copy_key=key_text(item.key),
        key=one.named_key,
        base=_json(outcome.base),
        mine=_json(outcome.mine),
        theirs=_json(outcome.theirs),
        mine_in_copy=_json(item.mine),
        made=item.made,
        fields={name: difference.as_json() for name, difference in outcome.fields.items()},
    )


def _asks_the_same(before: Conflict, now: Conflict) -> bool:
    return before.mine_in_copy == now.mine_in_copy and before.made == now.made


def _without_log(copy: WorkingCopy) -> set[int]:
    """Check-ins of files of which nobody knows which versions they are."""
    return set(copy.check_ins.filter(file_place__isnull=True).values_list("pk", flat=True))


def _bring_up_to_date(before: Conflict, now: Conflict) -> None:
    """The same question, where the server's side has become another meanwhile."""
    names = ("base", "mine", "theirs", "fields", "key")
    changed = [name for name in names if getattr(before, name) != getattr(now, name)]
    for name in changed:
        setattr(before, name, getattr(now, name))
    if changed:
        before.save(update_fields=changed)


def _write(rows: "list[Landed]") -> None:
    Landed.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["working_copy", "register", "copy_key", "check_in"],
        update_fields=["server_key", "mine", "theirs", "made"],
    )


def _server_key(conflict: Conflict) -> list[str]:
    kept = conflict.theirs or conflict.base or conflict.mine
    return list(kept["key"]) if kept else list(key_from_text(conflict.copy_key))


def _json(document: Document | None) -> dict[str, Any] | None:
    return None if document is None else document.as_json()
