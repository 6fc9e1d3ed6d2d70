"""Whether a file goes on from what was checked in earlier, or is another version of it: an older one, or a colleague's.

A file of the same copy may be carried about, and two people may work in it. What one of them checked in is not what the
other one deleted: where the file shows nothing of an earlier check-in, what it says otherwise of that is asked.
"""

from collections import Counter
from collections.abc import Collection, Iterable

from workcopies.documents.document import Document
from workcopies.landing.items import Item

# A document made in a copy and worked in since is mostly what it was; another of the same number is mostly not.
MOSTLY = 0.75


class Lineage:
    """What a file shows of the check-ins of its copy; `version` is SQLite's count of the times it was written."""

    def __init__(self, items: Collection[Item], *, version: int) -> None:
        self._version = version
        self._shown = {item.known.check_in_id for item in items if item.known and _is_held(item)}
        self._landed = Counter(item.known.check_in_id for item in items if item.known and _has_landed(item))
        self._changed = {item.known and item.known.check_in_id for item in items if not _same(item.base, item.mine)}

    def asked_for(self, items: Iterable[Item]) -> list[Item]:
        """What the file asks for: not that something be as it was at first, where the file is the older one."""
        return [
            item
            for item in items
            if item.problem or (item.is_asked_for and not (self._is_before(item) and _same(item.base, item.mine)))
        ]

    def doubtful(self, items: Iterable[Item]) -> Iterable[Item]:
        """Yield what the file may say without knowing of what landed."""
        return (item for item in items if not item.problem and self._is_doubtful(item))

    def _is_before(self, item: Item) -> bool:
        """Whether the file can't go on from what landed of a document, which it doesn't show either."""
        if item.known is None or not _has_landed(item) or item.known.check_in_id in self._shown:
            return False
        before = item.known.check_in.file_version
        return before is not None and self._version <= before

    def _is_doubtful(self, item: Item) -> bool:
        if item.known is None or not _has_landed(item) or item.known.check_in_id in self._shown:
            return False
        if self._is_before(item) or self._landed[item.known.check_in_id] > 1:
            return True
        if _same(item.base, item.mine):
            return bool(self._changed - {item.known.check_in_id})
        return item.base is None


def _has_landed(item: Item) -> bool:
    """Whether what was checked in is something else than the copy had at first."""
    return not _same(item.base, item.base_mine)


def _is_held(item: Item) -> bool:
    """Whether the file shows what landed of a document."""
    if not _has_landed(item):
        return False
    landed, mine = item.base_mine, item.mine
    if landed is None or mine is None:
        return landed is mine
    if landed.says_as(mine):
        return True
    was, now, then = (item.base.flat() if item.base else {}), mine.flat(), landed.flat()
    told = [name for name, value in then.items() if value is not None and was.get(name) != value]
    kept = [name for name in told if now.get(name) == then[name]]
    return bool(kept) if item.base else len(kept) >= MOSTLY * len(told)


def _same(one: Document | None, other: Document | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.says_as(other)
