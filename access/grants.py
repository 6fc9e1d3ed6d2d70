"""Which clients an office's key is for: granted and withdrawn many at once, all or nothing, with a look ahead.

Who grants, a person or a key, needs the right to it in every client concerned. A key can't grant anything to itself,
nor give a template that holds more than its own owner may.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from access.belonging import installation_permissions
from access.exceptions import GrantsRefused, KeyTakesNoClients
from access.models import AccessTemplate, ApiKey, ClientAccess, ClientGrant
from access.rights import Allowance, Factor, Grant, Rights, effective_rights, rights_of
from ledger.models import Company

ADD, CHANGE, DELETE = (f"access.{verb}_clientgrant" for verb in ("add", "change", "delete"))

Giver = User | ApiKey
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Granted:
    """What came of granting: the clients that are new to the key, those with another template now, and the rest."""

    added: tuple[Company, ...]
    changed: tuple[Company, ...]
    unchanged: tuple[Company, ...]


@dataclass(frozen=True)
class GrantPreview:
    """What a key would gain and lose for one client, and what of the template would have no effect there."""

    gains: frozenset[str] = NOTHING
    loses: frozenset[str] = NOTHING
    without_effect: frozenset[str] = NOTHING


@transaction.atomic
def grant_clients(*, key: ApiKey, companies: Iterable[Company], template: AccessTemplate, by: Giver) -> Granted:
    """Let a key do for each of the clients what the template says, whatever it was granted there before.

    Raises GrantsRefused, with the reason for each client, and KeyTakesNoClients; then nothing is granted.
    """
    chosen = list(dict.fromkeys(companies))
    before = _lock(key, chosen)
    if key.revoked_at is not None:
        raise KeyTakesNoClients(_("The key is revoked."))
    if template.office_id not in (None, key.office_id):
        raise GrantsRefused(template=_("There is no access template of this name."))
    if isinstance(by, ApiKey) and by.pk == key.pk:
        raise GrantsRefused(_("A key can't grant anything to itself."))
    rights = _rights(by)
    wanted = {one: ADD if one.pk not in before else CHANGE for one in chosen if before.get(one.pk) != template.pk}
    _refuse(_strangers(key, chosen) | _lacking(rights, wanted))
    if isinstance(by, ApiKey):
        _refuse_more_than_the_owner_may(rights, template, chosen)
    added = tuple(one for one, right in wanted.items() if right == ADD)
    changed = tuple(one for one, right in wanted.items() if right == CHANGE)
    ClientGrant.objects.bulk_create(ClientGrant(key=key, company=one, template=template) for one in added)
    ClientGrant.objects.filter(key=key, company__in=changed).update(template=template)
    return Granted(added, changed, tuple(one for one in chosen if one not in wanted))


@transaction.atomic
def withdraw_clients(*, key: ApiKey, companies: Iterable[Company], by: Giver) -> tuple[Company, ...]:
    """Let a key do nothing more for each of the clients; return those that it was granted.

    Raises GrantsRefused, with the reason for each client; then nothing is withdrawn.
    """
    chosen = list(dict.fromkeys(companies))
    before = _lock(key, chosen)
    granted = tuple(one for one in chosen if one.pk in before)
    _refuse(_lacking(_rights(by), dict.fromkeys(granted, DELETE)))
    ClientGrant.objects.filter(key=key, company__in=granted).delete()
    return granted


def preview_grants(
    *, rights: Rights, companies: Iterable[int], permissions: frozenset[str] | None
) -> dict[int, GrantPreview]:
    """Tell what an office's key, whose `rights` these are, would gain and lose for each company (database id).

    `permissions` are the template's (`permissions_of`); None: the grants are withdrawn. Pure; nothing is read.
    """
    chosen = frozenset(companies)
    after = _with_template(rights, chosen, permissions or NOTHING)
    known = (permissions or NOTHING).union(*_permissions_granted(rights, chosen))
    found: defaultdict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for name in known:
        had, has = (_within(one.companies_with(name), chosen) for one in (rights, after))
        told = {"gains": has - had, "loses": had - has}
        if name in (permissions or NOTHING):
            told["without_effect"] = chosen - has
        for kind, where in told.items():
            for company in where:
                found[company][kind].add(name)
    return {
        company: GrantPreview(**{kind: frozenset(names) for kind, names in found[company].items()})
        for company in sorted(chosen)
    }


def permissions_of(template: AccessTemplate) -> frozenset[str]:
    """Return the rights (``app.codename``) that a template names."""
    rows = template.permissions.values_list("content_type__app_label", "codename")
    return frozenset(f"{app}.{codename}" for app, codename in rows)


def _with_template(rights: Rights, companies: frozenset[int], permissions: frozenset[str]) -> Rights:
    def changed(grant: Grant) -> Grant:
        if grant.factor != Factor.TEMPLATE:
            return grant
        kept = (replace(one, companies=(one.companies or frozenset()) - companies) for one in grant.allowances)
        return Grant(Factor.TEMPLATE, (*kept, Allowance(permissions, companies)))

    return Rights(tuple(changed(grant) for grant in rights.grants))


def _permissions_granted(rights: Rights, companies: frozenset[int]) -> list[frozenset[str]]:
    return [
        one.permissions or NOTHING
        for grant in rights.grants
        if grant.factor == Factor.TEMPLATE
        for one in grant.allowances
        if (one.companies or frozenset()) & companies
    ]


def _within(companies: frozenset[int] | None, chosen: frozenset[int]) -> frozenset[int]:
    return chosen if companies is None else companies & chosen


def _lock(key: ApiKey, companies: list[Company]) -> dict[int, int]:
    """Let others wait who grant to the same key; return the templates that it has, by company."""
    if key.office_id is None:
        raise KeyTakesNoClients(_("Only an accounting office's key is for clients."))
    key.revoked_at = ApiKey.objects.select_for_update(no_key=True).get(pk=key.pk).revoked_at
    return dict(ClientGrant.objects.filter(key=key, company__in=companies).values_list("company_id", "template_id"))


def _rights(by: Giver) -> Rights:
    return effective_rights(by) if isinstance(by, ApiKey) else rights_of(by)


def _strangers(key: ApiKey, companies: list[Company]) -> dict[Company, str]:
    """Which of the companies are no clients of the key's office, or are the office itself."""
    clients = set(
        ClientAccess.objects.filter(office=key.office_id, company__in=companies)
        .exclude(office__company=F("company"))
        .values_list("company_id", flat=True)
    )
    return {one: _("This is no client of the accounting office.") for one in companies if one.pk not in clients}


def _lacking(rights: Rights, wanted: Mapping[Company, str]) -> dict[Company, str]:
    """For which of the companies the right that is needed is missing."""
    allowed = {right: rights.companies_with(right) for right in set(wanted.values())}
    refused = (one for one, right in wanted.items() if (where := allowed[right]) is not None and one.pk not in where)
    return dict.fromkeys(refused, _("The right to decide what keys may do for this client is missing."))


def _refuse(reasons: dict[Company, str]) -> None:
    if reasons:
        raise GrantsRefused(by_company={one.number: reason for one, reason in reasons.items()})


def _refuse_more_than_the_owner_may(rights: Rights, template: AccessTemplate, companies: list[Company]) -> None:
    chosen = frozenset(one.pk for one in companies)
    owner = next(grant for grant in rights.grants if grant.factor == Factor.OWNER)
    more = [
        name
        for name in sorted(permissions_of(template) - installation_permissions())
        if _within(owner.companies_with(name), chosen) != chosen
    ]
    if more:
        reason = _("The access template holds rights that the owner of your key lacks: %(rights)s.")
        raise GrantsRefused(template=reason % {"rights": ", ".join(more)})
