"""Who works in a copy, and what they may do there: what they might on the server when it was checked out."""

from collections.abc import Iterator

from django.contrib.auth.models import User

from access.rights import Allowance, Factor, Grant, Rights
from ledger.models import Company
from workcopies.offline.opening import Opened

REGISTERS = "ledger."
# Hours are registered and approved on the server: here they are looked at.
READ = frozenset({"timesheets.view_timetransaction", "timesheets.view_timecategory"})
# A copy is of the companies that were checked out: none is added, none taken away.
NEVER = frozenset({"ledger.add_company", "ledger.delete_company"})


def rights_in(copy: Opened) -> Rights:
    """The rights that the manifest names, as far as they are of registers; none to write what can't be written here."""
    return Rights((Grant(Factor.OWNER, tuple(_allowances(copy))),))


def holder_of(copy: Opened, rights: Rights) -> User:
    """Somebody who stands for whoever checked the copy out; in no table, and made anew for each request."""
    user = User(pk=0, username=copy.holder, is_staff=True)
    user._rights = rights  # type: ignore[attr-defined]
    return user


def _allowances(copy: Opened) -> Iterator[Allowance]:
    """What they might do everywhere in the copy, so that lists need not ask for each row's company; then the rest."""
    keys = dict(Company.objects.values_list("number", "pk"))
    rights = {number: frozenset(copy.manifest.rights.get(number, ())) & _possible(copy) for number in keys}
    everywhere = frozenset.intersection(*rights.values()) if rights else frozenset()
    if everywhere:
        yield Allowance(everywhere)
    for number, names in rights.items():
        if names - everywhere:
            yield Allowance(names - everywhere, frozenset((keys[number],)))


def _possible(copy: Opened) -> frozenset[str]:
    named = {name for names in copy.manifest.rights.values() for name in names}
    prefix = f"{REGISTERS}view_" if copy.is_read_only else REGISTERS
    return frozenset(name for name in named if name.startswith(prefix) or name in READ) - NEVER
