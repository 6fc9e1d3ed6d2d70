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

    `check_ins` are those that it goes on from. `made` are the marks of what was made in it and gets its number here:
    two files may have made a `P1` each, and a file may have been copied after its `P1` was made.
    """

    def __init__(self, file: WorkingFile, mine: Mine, *, copy: WorkingCopy) -> None:
        self._has_log = file.has_log
        self.check_ins = frozenset(_gone_on_from(file, copy))
        self.made = dict(_made(file, mine))

    def known(self, landed: Iterable[tuple[Name, Landed]]) -> dict[Name, Landed]:
        """What landed of the file's documents; `landed` is what did of its copy's, the latest last."""
        own, others = dict[Name, Landed](), dict[Name, Landed]()
        for name, one in landed:
            if one.check_in_id in self.check_ins:
                own[name] = one
            elif not self._has_log or self._is_the_same(name, one):
                others[name] = one
        return {**others, **own}

    def doubtful(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield what another version of the file landed: what this one had when they parted isn't known."""
        return (item for item in items if item.known and item.known.check_in_id not in self.check_ins)

    def _is_the_same(self, name: Name, one: Landed) -> bool:
        """Whether what another version landed was made before both were one file: else it only has the same number."""
        return name in self.made and one.made in (None, self.made[name])


def _gone_on_from(file: WorkingFile, copy: WorkingCopy) -> Iterator[int]:
    states = CheckIn.objects.filter(working_copy=copy, file_place__isnull=False)
    for pk, place, mark in states.values_list("pk", "file_place", "file_mark"):
        if place is not None and file.goes_on_from(Mark(place, mark)):
            yield pk


def _made(file: WorkingFile, mine: Mine) -> Iterator[tuple[Name, int]]:
    for change in mine.changes:
        if change.base is None and change.key and change.id is not None and issubclass(change.kind.model, NUMBERED):
            mark = file.made(change.register, change.id)
            if mark is not None:
                yield (change.register, change.key), mark
