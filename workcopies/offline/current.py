"""The one copy that this process works in."""

from functools import cache

from access.rights import Rights
from workcopies.offline.holder import rights_in
from workcopies.offline.opening import Opened

_OPENED: list[Opened] = []


def work_in(copy: Opened) -> None:
    """Say which copy it is."""
    _OPENED[:] = [copy]
    rights.cache_clear()


def copy() -> Opened:
    """Return it."""
    return _OPENED[0]


@cache
def rights() -> Rights:
    """Return what may be done in it."""
    return rights_in(copy())
