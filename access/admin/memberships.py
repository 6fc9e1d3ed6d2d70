"""Memberships, for whoever administers the installation: who is where, with which rights."""

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldBooleanSwitchWidget

from access import members, scope
from access.accounts import account_of
from access.admin.permissions import ChoosesRights
from access.exceptions import AccessError, RightsNotHeld
from access.http.admin import RegisterAdmin
from access.http.admin.filters import SearchFilter
from access.models import Membership
from access.ranks import may_give_everywhere, names_in

PLACE = ("user", "office", "company")
BEYOND = _("You may give and take only rights that you have in all of the installation.")


class MembershipForm(forms.ModelForm[Membership]):
    """A membership, and whether it has ended."""

    has_ended = forms.BooleanField(
        label=_("Has ended"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("The person keeps none of these rights; they stay written here in case of a return."),
    )

    class Meta:
        model = Membership
        fields = ("user", "office", "company", "kind", "groups", "permissions")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.initial["has_ended"] = self.instance.ended_at is not None

    def clean(self) -> dict[str, Any]:
        """Of one place at most."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("office") and values.get("company"):
            self.add_error("company", _("Choose an accounting office or a company, not both."))
        return values


def may_see_memberships(request: HttpRequest) -> bool:
    """Whether the menu leads to all memberships."""
    verbs = ("view", "change")
    return any(scope.may_everywhere(request.user, f"access.{verb}_membership") for verb in verbs)


@admin.register(Membership)
class MembershipAdmin(ChoosesRights, RegisterAdmin):
    """Who works where. An office and a company have pages of their own for their people (Employees)."""

    form = MembershipForm
    known_refusals: ClassVar[tuple[type[Exception], ...]] = (AccessError,)
    list_display = ("user", "place", "kind", "groups_told", "created_at", "ended_at")
    list_select_related = ("user", "office", "company")
    list_filter = (
        ("user", SearchFilter),
        ("company", SearchFilter),
        ("office", admin.RelatedOnlyFieldListFilter),
        ("kind", ChoicesDropdownFilter),
        ("groups", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("user__username", "user__first_name", "user__last_name", "office__name", "company__number")
    ordering = ("user__username", "pk")
    autocomplete_fields = ("user", "company")
    chosen_only = (*PLACE, "groups")
    fields = (*PLACE, "kind", "groups", "permissions", "has_ended")

    # Who may see them

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As for the pages."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Of all places or of none: who administers one has the page of its employees."""
        return may_see_memberships(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """In all places."""
        return self._may_everywhere(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """In all places."""
        return self._may_everywhere(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody: a membership ends, and stays to be known of."""
        return False

    def _may_everywhere(self, request: HttpRequest, verb: str) -> bool:
        return scope.may_everywhere(request.user, f"access.{verb}_membership")

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """With the groups."""
        found: QuerySet[Membership] = super().get_queryset(request)
        return found.select_related("user", "office", "company").prefetch_related("groups")

    @display(description=_("where"))
    def place(self, membership: Membership) -> str:
        """The office, the company, or all of the installation."""
        return str(membership.office or membership.company or _("The whole installation"))

    @display(description=_("groups"))
    def groups_told(self, membership: Membership) -> str:
        """Their names."""
        return ", ".join(str(group) for group in membership.groups.all())

    # One

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Sequence[str]:
        """A new one hasn't ended."""
        return self.fields if obj else self.fields[:-1]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Sequence[str]:
        """A membership stays that person's, at that place."""
        return PLACE if obj else ()

    @display(description=_("Has ended"), boolean=True)
    def has_ended(self, membership: Membership) -> bool:
        """For whoever may only look."""
        return membership.ended_at is not None

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Give and take the rights by the services, which ask who does."""
        values, membership, by = form.cleaned_data, form.instance, cast(User, request.user)
        groups, permissions = list(values["groups"]), list(values["permissions"])
        if account_of(membership) is not None:
            members.give_rights(membership=membership, by=by, groups=groups, permissions=permissions)
        else:
            self._give_everywhere(by, membership, groups, permissions)
        if values.get("has_ended", False) != (membership.ended_at is not None):
            self._end_or_resume(by, membership)

    def _give_everywhere(self, by: User, membership: Membership, groups: list[Any], permissions: list[Any]) -> None:
        differing = set(membership.groups.all()) ^ set(groups), set(membership.permissions.all()) ^ set(permissions)
        if not may_give_everywhere(by=by, permissions=names_in(list(differing[0]), list(differing[1]))):
            raise RightsNotHeld(str(BEYOND), field="groups" if differing[0] else "permissions")
        membership.groups.set(groups)
        membership.permissions.set(permissions)

    def _end_or_resume(self, by: User, membership: Membership) -> None:
        if account_of(membership) is None:
            held = names_in(list(membership.groups.all()), list(membership.permissions.all()))
            if membership.ended_at and not may_give_everywhere(by=by, permissions=held):
                raise RightsNotHeld(str(BEYOND), field="has_ended")
            membership.ended_at = None if membership.ended_at else timezone.now()
            membership.save(update_fields=["ended_at"])
        elif membership.ended_at is None:
            members.end_membership(membership=membership)
        else:
            members.resume_membership(membership=membership, by=by)
