"""Who works in a copy, and what they may do there: what they might on the server when it was checked out."""

from collections.abc import Iterator

from django.contrib.auth.models import User

from access.rights import Allowance, Factor, Grant, Rights
from ledger.models import Company
from workcopies.offline.opening import Opened

REGISTERS = "ledger."
# A copy is of the companies that were checked out: none is added, none taken away.
NEVER = frozenset({"ledger.add_company", "ledger.delete_company"})


def rights_in(copy: Opened) -> Rights:
    """The rights that the manifest names, as far as they are of registers; none to write what can't be written."""
    return Rights((Grant(Factor.OWNER, tuple(_allowances(copy))),))


def holder_of(copy: Opened, rights: Rights) -> User:
    """Somebody who stands for whoever checked the copy out; in no table, and made anew for each request."""
    user = User(pk=0, username=copy.manifest.user, is_staff=True)
    user._rights = rights  # type: ignore[attr-defined]
    return user


def _allowances(copy: Opened) -> Iterator[Allowance]:
    keys = dict(Company.objects.values_list("number", "pk"))
    for number, names in copy.manifest.rights.items():
        allowed = frozenset(name for name in names if _is_allowed(copy, name))
        if number in keys and allowed:
            yield Allowance(allowed, frozenset((keys[number],)))


def _is_allowed(copy: Opened, name: str) -> bool:
    if copy.is_read_only and not name.startswith(f"{REGISTERS}view_"):
        return False
    return name.startswith(REGISTERS) and name not in NEVER
