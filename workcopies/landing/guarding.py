"""Many deletions at once are more often an accident than meant: they wait until somebody says so."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from django.utils.translation import gettext_lazy as _

from information_types.registry import all_types
from workcopies.documents.kinds import Key, Kind, kinds_by_register, kinds_of_rows
from workcopies.file.reading import WorkingFile
from workcopies.file.tables import FIRST_NEW_ID, Table
from workcopies.landing.items import Item
from workcopies.landing.refusing import Refused
from workcopies.landing.report import Missing

# CONTRACT §6: more than so many rows of a register that are also more than this part of it
MOST_DELETED = 20
LARGEST_PART = 0.05


def sizes_of(file: WorkingFile) -> dict[str, int]:
    """How many rows each register of a file had at check-out; of those that share a table, how many are left."""
    sizes = {name: base.rows for name, base in file.manifest.tables.items()}
    for table in file.tables:
        kind = kinds_by_register().get(table.name)
        if kind is not None and len(kind.types) > 1:
            sizes.update(_left(file, table, kind))
    return sizes


class Guard:
    """Counts, register by register, the rows that a copy lacks and that are still to be deleted here."""

    def __init__(self, items: Iterable[Item], *, sizes: Mapping[str, int], allow_deletions: bool) -> None:
        counts: Counter[str] = Counter()
        for item in items:
            counts.update(_deletions(item))
        self.missing = {name: _missing(name, count, sizes, allow_deletions) for name, count in sorted(counts.items())}

    def check(self, item: Item) -> None:
        """Raise `Refused` for a document that is deleted, or loses rows, where so many aren't confirmed."""
        for name in _deletions(item):
            if self.missing[name].is_held:
                text = _(
                    "The copy lacks %(count)s rows of this register at once. They are deleted only if you say that "
                    "this is meant."
                )
                raise Refused(text % {"count": self.missing[name].rows}, code="many_deletions")


def _missing(name: str, count: int, sizes: Mapping[str, int], allow_deletions: bool) -> Missing:
    shares_a_table = name in {known.name for known in all_types()}
    of = sizes.get(name, 0) + (count if shares_a_table else 0)
    is_held = not allow_deletions and count > MOST_DELETED and count > LARGEST_PART * of
    return Missing(name, name if shares_a_table else _named(name), count, of, is_held)


def _named(table: str) -> str:
    """What reports call the rows of a table."""
    kind = kinds_by_register().get(table) or kinds_of_rows()[table]
    return kind.name_of(("",) * len(kind.key))


def _left(file: WorkingFile, table: Table, kind: Kind) -> Iterator[tuple[str, int]]:
    for known in kind.types:
        ((column, value),) = known.only.items()
        statement = f'select count(*) from "{table.name}" where "{column}" = ? and "id" < ?'
        ((count,),) = file.query(statement, [value, FIRST_NEW_ID])
        yield known.name, count


def _register(kind: Kind, key: Key) -> str:
    return kind.name_of(key) if len(kind.types) > 1 else kind.register


def _deletions(item: Item) -> Counter[str]:
    """How many rows of which registers go with a document, that were there when both sides last agreed."""
    counts: Counter[str] = Counter()
    if item.problem or item.base_mine is None:
        return counts
    if item.mine is None:
        counts[_register(item.kind, item.key)] += 1
    rows = (item.base_mine.rows or {}).keys() - (item.mine.rows or {} if item.mine else {}).keys()
    if rows and item.kind.rows:
        counts[item.kind.rows.register] += len(rows)
    return counts
