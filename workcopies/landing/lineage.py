"""What a file goes on from: of the check-ins of its copy, those after which it was written on.

A file may be copied, carried about and worked in twice, and an older version of it may come back. So each file is
compared with what landed of itself, and where that is nothing, with what was checked out: what another version landed
is the server's, like anybody's change.
"""

from collections.abc import Iterable, Iterator

from workcopies.documents.mine import Mine
from workcopies.file.log import Mark
from workcopies.file.reading import WorkingFile
from workcopies.landing.items import NUMBERED, Item, Name
from workcopies.models import CheckIn, Landed, WorkingCopy


class Lineage:
    """What a file shows of the check-ins of its copy.

    `check_ins` are those that it goes on from, with the places of their states in its log. `made` are the marks of what
    was made in it and gets its number here, None of what has none: two files may have made a `P1` each, and a file may
    have been copied after its `P1` was made.
    """

    def __init__(self, file: WorkingFile, mine: Mine, *, copy: WorkingCopy, is_logged: bool) -> None:
        self._is_logged = is_logged
        self.check_ins = dict(_gone_on_from(file, copy)) if is_logged else {}
        self.made = dict(_made(file, mine))

    def known(self, landed: Iterable[tuple[Name, Landed]]) -> dict[Name, Landed]:
        """What landed of the file's documents; `landed` is what did of its copy's, the latest last.

        An earlier state of the file may have landed after a later one: of its own the latest state counts.
        """
        own, others = dict[Name, Landed](), dict[Name, Landed]()
        for name, one in landed:
            place = self.check_ins.get(one.check_in_id)
            if place is not None:
                if name not in own or self.check_ins[own[name].check_in_id] <= place:
                    own[name] = one
            elif not self._is_logged or self._is_the_same(name, one):
                others[name] = one
        return {**others, **own}

    def doubtful(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield what another version of the file landed: what this one had when they parted isn't known."""
        return (item for item in items if item.known and item.known.check_in_id not in self.check_ins)

    def _is_the_same(self, name: Name, one: Landed) -> bool:
        """Whether what another version landed was made before both were one file: else it only has the same number.

        What got its number later, by a change of a row that was there, has no mark: nobody knows, and it is asked.
        """
        return name in self.made and (one.made is None or self.made[name] in (None, one.made))


def _gone_on_from(file: WorkingFile, copy: WorkingCopy) -> Iterator[tuple[int, int]]:
    # Of a file that nobody had written in nothing landed.
    states = CheckIn.objects.filter(working_copy=copy, file_place__gt=0)
    for pk, place, mark in states.values_list("pk", "file_place", "file_mark"):
        if place is not None and file.goes_on_from(Mark(place, mark)):
            yield pk, place


def _made(file: WorkingFile, mine: Mine) -> Iterator[tuple[Name, int | None]]:
    for change in mine.changes:
        if change.base is None and change.key and change.id is not None and issubclass(change.kind.model, NUMBERED):
            yield (change.register, change.key), file.made(change.register, change.id)
