"""Why a key may do something for a company, or may not: what each factor says, and who could change it.

All answers are those of `effective_rights`; this only puts them into words.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import Any, cast

from django.contrib.admin import site
from django.contrib.auth.models import Permission, User
from django.http import Http404, HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from access.accounts import companies_of
from access.admin.rights_table import COLUMNS, Box, Line, grouped
from access.key_rights import Place, choosable, name_of, place_of
from access.models import ApiKey, ClientAccess, ClientGrant, KeyKind, KeyRights, KeyState
from access.networks import is_within
from access.rights import Factor, Grant, Rights, effective_rights
from ledger.models import Company

MOST_PROPOSED = 50
NAMES: dict[Factor, str | Promise] = {
    Factor.KEY: gettext_lazy("The key"),
    Factor.OWNER: gettext_lazy("Its owner"),
    Factor.OFFICE: gettext_lazy("The accounting office"),
    Factor.SWITCH: gettext_lazy("The client's switch"),
    Factor.TEMPLATE: gettext_lazy("The access template"),
}
SHORT: dict[Factor, str | Promise] = {
    Factor.KEY: pgettext_lazy("factor", "Key"),
    Factor.OWNER: pgettext_lazy("factor", "Owner"),
    Factor.OFFICE: pgettext_lazy("factor", "Office"),
    Factor.SWITCH: pgettext_lazy("factor", "Switch"),
    Factor.TEMPLATE: pgettext_lazy("factor", "Template"),
}


@dataclasses.dataclass(frozen=True)
class Answer:
    """What one factor says for the company: how many of the rights it lets through, in words, and what to do."""

    factor: Factor
    allowed: int
    of: int
    says: str
    advice: str = ""
    link: str = ""

    @property
    def name(self) -> str | Promise:
        """What the factor is called."""
        return NAMES[self.factor]

    @property
    def verdict(self) -> str:
        """Whether it lets all through, some, or nothing."""
        return "all" if self.allowed == self.of else "some" if self.allowed else "none"


@dataclasses.dataclass(frozen=True)
class Right:
    """One right: which factors refuse it for the company, and whether they don't all say the same."""

    name: str
    label: str
    verb: str
    refused_by: Sequence[str | Promise]
    differs: bool

    @property
    def may(self) -> bool:
        """Whether none says no."""
        return not self.refused_by


@dataclasses.dataclass(frozen=True)
class Register:
    """The rights to one register: by column, and others."""

    name: str
    cells: Sequence[Right | None]
    others: Sequence[Right]

    @property
    def all_rights(self) -> list[Right]:
        """Each of them."""
        return [*(one for one in self.cells if one is not None), *self.others]

    @property
    def differs(self) -> bool:
        """Whether the factors say different things of any."""
        return any(one.differs for one in self.all_rights)


def page(request: HttpRequest, key: ApiKey) -> TemplateResponse:
    """Answer for the company that the address names; without one, ask for it."""
    company = _company(request, key)
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": _("Why? %(key)s") % {"key": key.name},
        "opts": ApiKey._meta,
        "original": key,
        "key": key,
        "company": company,
        "proposed": _proposed(request, key),
        "address": request.GET.get("address", "").strip()[:50],
        "only": request.GET.get("only") == "differences",
        "back_url": reverse("admin:access_apikey_change", args=[key.pk]),
    }
    if company is not None:
        context |= _told(request, key, company, context["only"], context["address"])
    return TemplateResponse(request, "admin/access/apikey/why.html", context)


def _told(request: HttpRequest, key: ApiKey, company: Company, only: bool, address: str) -> dict[str, Any]:
    rights = effective_rights(key)
    permissions = list(choosable(Place(company=company)))
    asked = request.GET.get("permission", "")
    names = [name_of(one) for one in permissions]
    groups = list(_groups(rights, company, permissions))
    labels = {one.name: one.label for _group, lines in groups for line in lines for one in line.all_rights}
    if only:
        groups = [(group, kept) for group, lines in groups if (kept := [line for line in lines if line.differs])]
    chosen = [asked] if asked in names else names
    visible = rights.visible
    return {
        "stops": list(_stops(key, company, address)),
        "is_visible": visible is None or company.pk in visible,
        "answers": list(_answers(key, company, rights, chosen)),
        "asked": asked if asked in names else "",
        "asked_label": labels.get(asked, ""),
        "may_asked": asked in names and rights.may(asked, company=company.pk),
        "groups": groups,
        "columns": list(COLUMNS.values()),
        "may": sum(rights.may(name, company=company.pk) for name in names),
        "of": len(names),
        "query": f"?company={company.number}" + (f"&permission={asked}" if asked in names else ""),
    }


def _company(request: HttpRequest, key: ApiKey) -> Company | None:
    """The company that is asked for, or the one that the key is for; one that the reader may not know of is a 404."""
    number = request.GET.get("company", "").strip()
    if not number:
        return key.company
    known = companies_of(cast(User, request.user))
    found = None if "\0" in number else known.filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _proposed(request: HttpRequest, key: ApiKey) -> list[Company]:
    known = companies_of(cast(User, request.user))
    if key.company_id is not None:
        known = known.filter(pk=key.company_id)
    elif key.office_id is not None:
        known = known.filter(client_access__office=key.office_id)
    return list(known.order_by("number")[:MOST_PROPOSED])


# What stops any request, whatever the rights


def _stops(key: ApiKey, company: Company, address: str) -> Iterator[tuple[str, str]]:
    """Why a whole request would be refused, each with what to do about it."""
    match key.state(at=timezone.now()):
        case KeyState.REVOKED:
            yield _("The key is revoked."), _("A revoked key can't be brought back. Make a new one.")
        case KeyState.EXPIRED:
            when = (
                "" if key.expires_at is None else date_format(timezone.localtime(key.expires_at), "SHORT_DATE_FORMAT")
            )
            yield (
                _("The key expired on %(day)s.") % {"day": when},
                _("Whoever handles the key can let it work longer, on its page."),
            )
        case KeyState.OWNER_INACTIVE:
            yield (
                _("The key's owner %(owner)s is inactive.") % {"owner": key.owner},
                _("Whoever runs this installation can make %(owner)s active again, or make a key on somebody else.")
                % {"owner": key.owner},
            )
    yield from _wrong_kind(key, company)
    if address and not _is_let_in(address, key):
        yield (
            _("The key isn't for use from %(address)s.") % {"address": address},
            _("Whoever handles the key can add the address, on its page."),
        )


def _wrong_kind(key: ApiKey, company: Company) -> Iterator[tuple[str, str]]:
    if key.kind != KeyKind.OFFICE:
        return
    instead = _("Use a key made on an employee or contact of that company.")
    if not key.application.supports_office_keys:
        yield (
            _("%(application)s does not support accounting offices' keys.") % {"application": key.application},
            _("Ask the integration's support, or use a key made on an employee or contact of the client."),
        )
    if key.office is not None and key.office.company_id == company.pk:
        yield _("An accounting office's key can't be used for the office's own company."), instead


def _is_let_in(address: str, key: ApiKey) -> bool:
    try:
        ip_address(address)
    except ValueError:
        return False
    return is_within(address, key.allowed_networks)


# What each factor says


def _groups(
    rights: Rights, company: Company, permissions: Sequence[Permission]
) -> Iterator[tuple[str | Promise, list[Register]]]:
    names = {one.pk: name_of(one) for one in permissions}

    def right(line: Line, box: Box) -> Right:
        refused = rights.refused_by(names[box.pk], company=company.pk)
        differs = 0 < len(refused) < len(rights.grants)
        said = [SHORT[factor] for factor in refused]
        return Right(names[box.pk], f"{line.name}: {box.label}", box.label, said, differs)

    for group, lines in grouped(permissions, chosen=()):
        yield (
            group,
            [
                Register(
                    line.name,
                    [None if box is None else right(line, box) for box in line.cells],
                    [right(line, box) for box in line.others],
                )
                for line in lines
            ],
        )


def _answers(key: ApiKey, company: Company, rights: Rights, names: Sequence[str]) -> Iterator[Answer]:
    access = ClientAccess.objects.filter(office=key.office_id, company=company).first() if key.office_id else None
    grant = ClientGrant.objects.filter(key=key, company=company).select_related("template").first()
    for one in rights.grants:
        allowed = sum(one.allows(name, company=company.pk) for name in names)
        yield _answer(one, allowed, len(names), key=key, company=company, access=access, grant=grant)


def _answer(
    one: Grant,
    allowed: int,
    of: int,
    *,
    key: ApiKey,
    company: Company,
    access: ClientAccess | None,
    grant: ClientGrant | None,
) -> Answer:
    named = {
        "owner": key.owner.get_full_name() or key.owner.get_username(),
        "company": company,
        "office": key.office,
        "place": place_of(key).name or _("the whole installation"),
        "allowed": allowed,
        "of": of,
        "template": grant.template if grant is not None else "",
    }
    says, advice, link = "", "", ""
    match one.factor:
        case Factor.KEY:
            says, advice = _of_key(key, company, allowed)
            link = reverse("admin:access_apikey_change", args=[key.pk])
        case Factor.OWNER:
            says = _("%(owner)s has %(allowed)s of %(of)s rights here.")
            advice = _(
                "Whoever administers users in %(place)s can give %(owner)s more, under Company → Employees → "
                "User access."
            )
            if not key.owner.is_active:
                says, advice = _("%(owner)s is inactive."), _("Whoever runs this installation can change that.")
        case Factor.OFFICE:
            says = _("%(office)s keeps the books of %(company)s.")
            if not allowed:
                says = _("%(office)s does not keep the books of %(company)s.")
            advice = _("An administrator of %(company)s chooses the office, under Company → Accountant.")
        case Factor.SWITCH:
            says = _("API access is on at %(company)s.") if allowed else _("API access is off at %(company)s.")
            if access is None:
                says = _("There is no switch at %(company)s for the keys of %(office)s.")
            advice = _("An administrator of %(company)s can turn it on, under Company → Accountant → General rights.")
        case Factor.TEMPLATE:
            says = _("“%(template)s” has %(allowed)s of %(of)s rights.")
            advice = _("Whoever administers clients in %(office)s can choose another: Client access.")
            if grant is None:
                says = _("The key isn't connected to this client.")
                advice = _("Whoever administers clients in %(office)s can connect it: Client access.")
    is_refused = allowed < of
    return Answer(
        one.factor, allowed, of, says % named, advice % named if is_refused else "", link if is_refused else ""
    )


def _of_key(key: ApiKey, company: Company, allowed: int) -> tuple[str, str]:
    more = _("Whoever handles the key can give it more rights, on its page.")
    if key.company_id not in (None, company.pk):
        return _("The key is for another company."), _("Make a key on an employee or contact of %(company)s.")
    if key.rights == KeyRights.ALL:
        return _("It has all rights: it follows its owner."), ""
    return (_("%(allowed)s of %(of)s rights are chosen.") if allowed else _("None of the rights is chosen.")), more
