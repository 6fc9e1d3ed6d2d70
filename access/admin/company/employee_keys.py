"""API access: the keys that were made on somebody, and a new one."""

from datetime import datetime
from typing import Any

from django.contrib.admin import site
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from access import accounts
from access.add_on import is_activated
from access.admin.company.desk import Desk, of_account
from access.admin.company.employee import name_of, tabs
from access.admin.key_forms import NewKeyForm
from access.admin.key_making import application_of, form_context, make_from, place_of_new, preview
from access.admin.key_shown import show_once
from access.admin.rights_table import COLUMNS
from access.key_rights import Place
from access.models import ApiKey, ClientGrant, KeyRights, KeyState, Membership, ReplacedSecret

MOST_SHOWN = 200
ICONS = {
    KeyState.ACTIVE: ("check_circle", "is-good"),
    KeyState.EXPIRED: ("schedule", "is-warn"),
    KeyState.OWNER_INACTIVE: ("person_off", "is-warn"),
    KeyState.REVOKED: ("block", "is-bad"),
}


@require_safe
@of_account("employees")
def keys(desk: Desk, pk: int) -> HttpResponse:
    """List them, and say where the add-on is missing without which none can be made."""
    membership = desk.membership(pk)
    found = list(_keys_of(desk, membership)[: MOST_SHOWN + 1])
    has_add_on = is_activated(**desk.account.place)
    may_order = desk.administers_account or desk.administers_users
    now = timezone.now()
    context = {
        **tabs(desk, membership, "employee_keys"),
        "keys": [_row(key, now) for key in found[:MOST_SHOWN]],
        "has_more": len(found) > MOST_SHOWN,
        "has_add_on": has_add_on,
        "add_on_url": desk.url("add_on"),
        "whom_to_ask": [] if has_add_on or may_order else accounts.administrators(desk.account),
        "may_order": may_order,
        "new_url": desk.url("employee_key_add", pk) if has_add_on and _may_have_keys(membership) else "",
    }
    return desk.show("employee_keys", name_of(membership), context)


@require_http_methods(["GET", "HEAD", "POST"])
@of_account("employees")
@sensitive_variables()
def new(desk: Desk, pk: int) -> HttpResponse:
    """The form of a new key; its text answers the form itself, so that no address leads to it again."""
    membership = desk.membership(pk)
    if not _may_have_keys(membership) or not is_activated(**desk.account.place):
        return desk.to("employee_keys", pk)
    form = _form(desk, membership, desk.request.POST if desk.request.method == "POST" else None)
    if form.is_valid():
        made = make_from(form, by=desk.user, owner=membership.user)
        if made is not None:
            key, text = made
            is_empty = key.rights == KeyRights.NONE
            rights_url = reverse("admin:access_apikey_change", args=[key.pk])
            next_url = rights_url if is_empty else desk.url("employee_keys", pk)
            return show_once(desk.request, key=key, text=text, next_url=next_url)
    context = {
        **tabs(desk, membership, "employee_keys"),
        **form_context(form, back_url=desk.url("employee_keys", pk), asks_url=desk.url("employee_key_asks", pk)),
    }
    return desk.show("employee_key_add", _("New key"), context, status=400 if form.errors else 200)


@require_safe
@of_account("employees")
def asks(desk: Desk, pk: int) -> HttpResponse:
    """The part of the form that tells what the choice gives, against what the application asks for."""
    membership = desk.membership(pk)
    form = _form(desk, membership, desk.request.GET)
    chosen = desk.request.GET.get("rights", "")
    application = application_of(form)
    context = preview(
        owner=membership.user,
        place=place_of_new(form.place, is_office=bool(form.cleaned_data.get("is_office"))),
        rights=KeyRights(chosen) if chosen in KeyRights.values else KeyRights.ALL,
        application=application,
    )
    shown = {**context, "columns": COLUMNS.items()}
    return TemplateResponse(
        desk.request, "admin/access/apikey/key_asks.html", {**site.each_context(desk.request), **shown}
    )


def _form(desk: Desk, membership: Membership, sent: Any) -> NewKeyForm:
    place = Place(**desk.account.place)
    return NewKeyForm(sent, owner=membership.user, place=place)


def _may_have_keys(membership: Membership) -> bool:
    return membership.ended_at is None and membership.user.is_active


def _keys_of(desk: Desk, membership: Membership) -> "QuerySet[ApiKey]":
    granted = ClientGrant.objects.filter(key=OuterRef("pk")).order_by().values("key")
    still = ReplacedSecret.objects.filter(key=OuterRef("pk"), works_until__gt=timezone.now()).order_by("-works_until")
    # Those of an office's own books are made on its employees.
    here = Q(company=desk.account.company) if desk.account.office else Q()
    keys = ApiKey.objects.filter(desk.account.at | here if here else desk.account.at, owner=membership.user)
    return keys.select_related("application", "owner", "office", "company").annotate(
        client_count=Coalesce(Subquery(granted.annotate(count=Count("pk")).values("count")), 0),
        old_works_until=Subquery(still.values("works_until")[:1]),
    )


def _row(key: ApiKey, now: datetime) -> dict[str, Any]:
    state = key.state(at=now)
    icon, tone = ICONS[state]
    return {"key": key, "state": state, "icon": icon, "tone": tone, "is_open": state != KeyState.REVOKED}
