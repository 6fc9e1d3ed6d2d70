"""User access: what somebody may do at an account, by groups and by single rights."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from access import members
from access.admin.company.desk import Desk, of_account
from access.admin.company.employee import name_of, tabs
from access.admin.rights_table import RightsField, RightsTable, names_of
from access.belonging import company_permissions
from access.exceptions import MemberRefused
from access.models import Membership


@dataclass(frozen=True)
class GroupChoice:
    """One group: what it is called, what it lets people do here, and whether it can be chosen."""

    pk: int
    label: str
    rights: Sequence[str]
    count: int
    is_chosen: bool
    is_locked: bool


class RightsForm(forms.Form):
    """The rights beside those of groups."""

    permissions = RightsField(required=False)

    def __init__(self, data: Any, *, known: Sequence[Permission], chosen: set[int], locked: set[int]) -> None:
        super().__init__(data, initial={"permissions": chosen})
        field: Any = self.fields["permissions"]
        field.queryset = Permission.objects.select_related("content_type").filter(pk__in=[one.pk for one in known])
        why = _("What you don't have here yourself is locked: you can neither give nor take it.")
        field.widget = RightsTable(locked=locked, why=why)
        field.widget.choices = field.choices


@require_http_methods(["GET", "HEAD", "POST"])
@of_account("employees")
def rights(desk: Desk, pk: int) -> HttpResponse:
    """Show them; an administrator changes those that they have here themself."""
    membership = desk.membership(pk)
    may_change = desk.administers_users and membership.ended_at is None
    held = members.givable(by=desk.user, membership=membership) if may_change else frozenset[str]()
    groups = list(Group.objects.prefetch_related("permissions__content_type").order_by("name"))
    chosen_groups = {group.pk for group in membership.groups.all()}
    locked_groups = {group.pk for group in groups if not members.names_of_group(group) <= held}
    known = _rights_of_companies()
    chosen = {permission.pk for permission in membership.permissions.all()}
    locked = {permission.pk for permission in known if members.name_of(permission) not in held}
    error = ""
    if desk.request.method == "POST":
        desk.check(may_change)
        # What is locked isn't sent, and stays as it is; so does what has no effect here.
        chosen_groups = (_sent(desk, "groups") & {group.pk for group in groups} - locked_groups) | (
            chosen_groups & locked_groups
        )
        open_rights = {permission.pk for permission in known} - locked
        chosen = (_sent(desk, "permissions") & open_rights) | (chosen - open_rights)
        try:
            _give(desk, membership, [group for group in groups if group.pk in chosen_groups], chosen)
        except MemberRefused as refusal:
            error = str(refusal)
        else:
            messages.success(desk.request, _("The rights are saved. They hold from the next request."))
            return desk.to("employee_rights", pk)
    form = RightsForm(None, known=known, chosen=chosen, locked=locked)
    context = {
        **tabs(desk, membership, "employee_rights"),
        # Who can choose none sees those that there are.
        "groups": [
            _choice(group, chosen_groups, locked_groups) for group in groups if may_change or group.pk in chosen_groups
        ],
        "form": form,
        "media": form.media,
        "rights": names_of(one for one in known if one.pk in chosen),
        "may_change": may_change,
        "error": error,
    }
    return desk.show("employee_rights", name_of(membership), context)


def _give(desk: Desk, membership: Membership, groups: Sequence[Group], chosen: set[int]) -> None:
    permissions = Permission.objects.select_related("content_type").filter(pk__in=chosen)
    members.give_rights(membership=membership, by=desk.user, groups=groups, permissions=list(permissions))


def _choice(group: Group, chosen: set[int], locked: set[int]) -> GroupChoice:
    here = [one for one in group.permissions.all() if members.name_of(one) in company_permissions()]
    return GroupChoice(group.pk, str(group), names_of(here), len(here), group.pk in chosen, group.pk in locked)


def _rights_of_companies() -> list[Permission]:
    codenames = {name.partition(".")[2] for name in company_permissions()}
    found = Permission.objects.select_related("content_type").filter(Q(codename__in=codenames))
    return [permission for permission in found if members.name_of(permission) in company_permissions()]


def _sent(desk: Desk, field: str) -> set[int]:
    return {int(value) for value in desk.request.POST.getlist(field) if value.isdecimal() and len(value) < 10}
