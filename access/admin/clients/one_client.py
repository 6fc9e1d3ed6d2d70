"""Klient → Tilganger: what each of the office's keys may do for one client."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin import site
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access.access_templates import models_of_templates
from access.admin.clients.choosing import VIEW, clients_of, may_administer, shown, templates_for, usable_keys_of
from access.admin.rights_table import told
from access.belonging import permissions_of_model
from access.exceptions import AccessError
from access.grants import grant_clients, withdraw_clients
from access.http.admin.confirmation import Confirmation, ask_about_form, is_confirmed
from access.models import AccessTemplate, ApiKey, ClientAccess, ClientGrant, Membership
from access.rights import Factor, effective_rights

MOST_FOUND = 50


@dataclass(frozen=True)
class Wanted:
    """What was filled in: templates to change, keys to take away, and one to add."""

    changed: Sequence[tuple[ApiKey, AccessTemplate]]
    removed: Sequence[ApiKey]
    error: str = ""

    def __bool__(self) -> bool:
        return bool(self.changed or self.removed)


def choose(request: HttpRequest) -> HttpResponse:
    """Search for the client; where there is only one, lead to it."""
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    text = request.GET.get("q", "").replace("\0", "").strip()
    fits = Q()
    for word in text.split():
        fits &= (
            Q(company__number__istartswith=word)
            | Q(company__name__icontains=word)
            | Q(company__organisation_number__icontains=word)
        )
    every = clients_of(request.user).filter(fits).select_related("company", "office").order_by("company__number")
    found = list(every[: MOST_FOUND + 1])
    if len(found) == 1 and text:
        return HttpResponseRedirect(_url(found[0]))
    context = {
        **site.each_context(request),
        "opts": ClientAccess._meta,
        "title": _("Choose the client"),
        "text": text,
        "found": [(access, _url(access)) for access in found[:MOST_FOUND]],
        "has_more": len(found) > MOST_FOUND,
        "has_offices": len({access.office_id for access in found}) > 1,
    }
    return TemplateResponse(request, "admin/access/clients/choose.html", context)


def client(request: HttpRequest, object_id: str) -> HttpResponse:
    """The client's page: its keys with their templates, changed together."""
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    access = _access(request, object_id)
    grants = list(
        ClientGrant.objects.filter(company=access.company_id, key__office=access.office_id)
        .select_related("key__application", "key__owner", "template")
        .order_by("key__application__name", "key__name", "pk")
    )
    may_change = may_administer(request.user, access.office)
    error = ""
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied
        answer = _changed(request, access, grants)
        if isinstance(answer, HttpResponse):
            return answer
        error = answer
    return TemplateResponse(
        request, "admin/access/clients/client.html", _context(request, access, grants, may_change, error)
    )


def rights(request: HttpRequest, pk: int, key: int) -> HttpResponse:
    """What a key may do for the client at this moment: a part of the client's page."""
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    access = _access(request, str(pk))
    found = ApiKey.objects.filter(pk=key, office=access.office).select_related("owner", "application").first()
    if found is None:
        raise Http404
    allowed = effective_rights(found)
    known = [
        f"{model._meta.app_label}.{name}" for model in models_of_templates() for name in permissions_of_model(model)
    ]
    named = allowed.permissions_for(access.company_id, known)
    lacking = [] if named else [grant.factor for grant in allowed.grants if not _reaches(grant, access.company_id)]
    context = {
        "names": told(named),
        "why_not": _why_not(lacking[0] if lacking else None),
        "why_url": why_url(found, access),
    }
    return TemplateResponse(request, "admin/access/clients/rights.html", context)


def why_url(key: ApiKey, access: ClientAccess) -> str:
    """The page that shows each factor and which one says no."""
    try:
        address = reverse("admin:access_apikey_why", args=[key.pk])
    except NoReverseMatch:
        return ""
    return f"{address}?{urlencode({'company': access.company.number})}"


def _reaches(grant: Any, company: int) -> bool:
    return any(one.reaches(company) and one.permissions != frozenset() for one in grant.allowances)


def _why_not(factor: Factor | None) -> str:
    match factor:
        case Factor.SWITCH:
            return _("The client has turned API access off.")
        case Factor.OWNER:
            return _("The key's owner may do nothing here.")
        case Factor.KEY:
            return _("The key has no rights.")
        case _:
            return _("Of what the template names, the key or its owner may do nothing.")


def _access(request: HttpRequest, object_id: str) -> ClientAccess:
    if not object_id.isdecimal() or len(object_id) > 18:
        raise Http404
    found = clients_of(request.user).filter(pk=int(object_id)).select_related("company", "office").first()
    if found is None:
        raise Http404
    return found


def _context(
    request: HttpRequest, access: ClientAccess, grants: Sequence[ClientGrant], may_change: bool, error: str
) -> dict[str, Any]:
    granted = {grant.key_id for grant in grants}
    free = [(key, shown(key)) for key in usable_keys_of(access.office) if key.pk not in granted] if may_change else []
    people = Membership.objects.filter(office=access.office, ended_at=None, user__is_active=True).select_related("user")
    return {
        **site.each_context(request),
        "opts": ClientAccess._meta,
        "title": _("Rights of %(client)s") % {"client": access.company},
        "access": access,
        "grants": [(grant, shown(grant.key)) for grant in grants],
        "templates": list(templates_for(access.office)) if may_change else [],
        "free": free,
        "may_change": may_change,
        "error": error,
        "people": list(people.prefetch_related("groups")),
        "sent": request.POST if request.method == "POST" else {},
        "is_adding": request.method == "POST" and bool(request.POST.get("new_key")),
        "may_see_history": request.user.has_perm("history.view_change"),
    }


def _changed(request: HttpRequest, access: ClientAccess, grants: Sequence[ClientGrant]) -> HttpResponse | str:
    """Do what was filled in, after asking where something is taken away; return what is wrong."""
    wanted = _wanted(request, access, grants)
    if wanted.error:
        return wanted.error
    if wanted.removed and not is_confirmed(request):
        return ask_about_form(request, _question(access, wanted.removed), ClientAccess)
    user: Any = request.user
    try:
        with transaction.atomic():
            for key, template in wanted.changed:
                grant_clients(key=key, companies=[access.company], template=template, by=user)
            for key in wanted.removed:
                withdraw_clients(key=key, companies=[access.company], by=user)
    except AccessError as refused:
        return str(refused)
    if wanted:
        messages.success(request, _told(access, wanted))
    else:
        messages.info(request, _("Nothing was changed."))
    return HttpResponseRedirect(_url(access))


def _wanted(request: HttpRequest, access: ClientAccess, grants: Sequence[ClientGrant]) -> Wanted:
    templates = {str(template.pk): template for template in templates_for(access.office)}
    changed, removed = [], []
    for grant in grants:
        if f"remove-{grant.pk}" in request.POST:
            removed.append(grant.key)
            continue
        template = templates.get(request.POST.get(f"template-{grant.pk}", str(grant.template_id)))
        if template is None:
            return Wanted((), (), _("There is no access template of this name."))
        if template.pk != grant.template_id:
            changed.append((grant.key, template))
    new, template = request.POST.get("new_key", ""), templates.get(request.POST.get("new_template", ""))
    if new:
        key = next((one for one in usable_keys_of(access.office) if str(one.pk) == new), None)
        if key is None or template is None:
            return Wanted((), (), _("Choose both the employee and the access template."))
        changed.append((key, template))
    return Wanted(changed, removed)


def _question(access: ClientAccess, removed: Sequence[ApiKey]) -> Confirmation:
    return Confirmation(
        title=ngettext("Remove the key's access?", "Remove the keys' access?", len(removed)),
        lead=[
            _("From the next request they can do nothing more for %(client)s. They can be added again.")
            % {"client": access.company}
        ],
        lists=[(_("It concerns"), [shown(key) for key in removed])],
        button=_("Remove"),
        back_url=_url(access),
        is_loss=True,
    )


def _told(access: ClientAccess, wanted: Wanted) -> str:
    changes = [
        _("%(key)s: %(template)s") % {"key": shown(key), "template": template} for key, template in wanted.changed
    ]
    changes += [_("%(key)s: no access") % {"key": shown(key)} for key in wanted.removed]
    return _("Saved for %(client)s: %(changes)s.") % {"client": access.company, "changes": "; ".join(changes)}


def _url(access: ClientAccess) -> str:
    return reverse("admin:access_clientaccess_change", args=[access.pk])
