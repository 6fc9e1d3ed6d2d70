"""What granting a key access to clients would mean, told by kind of outcome: hundreds of clients in a few sentences."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from access.grants import permissions_of, preview_grants
from access.models import AccessTemplate, ApiKey, ClientAccess, ClientGrant
from access.rights import Factor, Rights, effective_rights
from ledger.models import Company


class Kind(StrEnum):
    """What becomes of a client's grant."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Outcome:
    """The clients for which the same happens; `before` is the template that they had."""

    kind: Kind
    companies: tuple[Company, ...]
    before: AccessTemplate | None
    gains: frozenset[str]
    loses: frozenset[str]


@dataclass(frozen=True)
class Outlook:
    """Every outcome, and what of the template has no effect: where, and because of whom."""

    outcomes: tuple[Outcome, ...]
    switched_off: tuple[Company, ...]
    owner_lacks: frozenset[str]
    key_lacks: frozenset[str]

    def count(self, kind: Kind) -> int:
        """For how many clients this happens."""
        return sum(len(outcome.companies) for outcome in self.outcomes if outcome.kind == kind)


def outlook(*, key: ApiKey, template: AccessTemplate, accesses: Iterable[ClientAccess]) -> Outlook:
    """Look at what a key would gain and lose; the accesses are read with their companies. Five queries, writes nothing.

    Gains and losses are told as if every client's switch were on: those where it is off stand beside.
    """
    accesses = list(accesses)
    permissions, rights = permissions_of(template), effective_rights(key)
    previews = preview_grants(
        rights=_without_switch(rights), companies=[access.company_id for access in accesses], permissions=permissions
    )
    before = templates_before(key, [access.company_id for access in accesses])
    found: defaultdict[tuple[Kind, AccessTemplate | None, frozenset[str], frozenset[str]], list[Company]]
    found = defaultdict(list)
    for access in accesses:
        had, preview = before.get(access.company_id), previews[access.company_id]
        found[_kind(had, template), had, preview.gains, preview.loses].append(access.company)
    order = list(Kind)
    return Outlook(
        outcomes=tuple(
            Outcome(kind, tuple(companies), had, gains, loses)
            for (kind, had, gains, loses), companies in sorted(
                found.items(), key=lambda item: (order.index(item[0][0]), -len(item[1]))
            )
        ),
        switched_off=tuple(access.company for access in accesses if not access.api_access),
        owner_lacks=_lacking(rights, Factor.OWNER, permissions),
        key_lacks=_lacking(rights, Factor.KEY, permissions),
    )


def templates_before(key: ApiKey, companies: Collection[int]) -> dict[int, AccessTemplate]:
    """Return the templates that a key has access by now, by company."""
    grants = ClientGrant.objects.filter(key=key, company__in=companies).select_related("template")
    return {grant.company_id: grant.template for grant in grants}


def rights_in_effect(rights: Rights, *, company: int, known: Iterable[str]) -> Sequence[str]:
    """Return those of the `known` permissions that a key's rights let through for a client."""
    return rights.permissions_for(company, sorted(known))


def _kind(before: AccessTemplate | None, after: AccessTemplate) -> Kind:
    if before is None:
        return Kind.NEW
    return Kind.UNCHANGED if before == after else Kind.CHANGED


def _without_switch(rights: Rights) -> Rights:
    return Rights(tuple(grant for grant in rights.grants if grant.factor != Factor.SWITCH))


def _lacking(rights: Rights, factor: Factor, permissions: frozenset[str]) -> frozenset[str]:
    (grant,) = (grant for grant in rights.grants if grant.factor == factor)
    return frozenset(name for name in permissions if not grant.allows(name))
