"""Django's own users and groups in the admin's look, and the language that a user reads."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from access.admin.my_settings import language_field
from access.admin.permissions import ChoosesRights
from access.http.admin import RegisterAdmin
from access.language import choose_language, chosen_language, languages
from access.models import Membership
from access.ranks import may_give_everywhere, may_stand_in_for, names_in

# Importing django.contrib.auth.admin has registered its own.
admin.site.unregister([User, Group])

LANGUAGE: tuple[Any, Any] = (_("Language"), {"fields": ("language",)})
OF_NO_COMPANY = _(
    "What is chosen here counts only for what belongs to no company: users, groups and applications. What somebody may "
    "do in companies is said by their memberships, below."
)
# Nobody makes themself or another a superuser, or more than they are.
OF_SUPERUSERS = ("is_superuser", "groups", "user_permissions")
# With these one can sign in as somebody.
OF_IDENTITY = ("username", "email")


class UserForm(UserChangeForm):
    """A user, with the language that they read."""

    language = language_field()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        if "password" in type(self).base_fields:
            super().__init__(*arguments, **options)
        else:
            super(UserChangeForm, self).__init__(*arguments, **options)  # the library's counts on the field
        self.initial["language"] = chosen_language(self.instance)


@admin.register(User)
class UserAdmin(ChoosesRights, DjangoUserAdmin[User], RegisterAdmin):  # type: ignore[misc] # as unfold's mixins
    """People who sign in and own keys."""

    form = UserForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    change_form_outer_after_template = "admin/access/memberships_of_user.html"
    actions_detail = ("reset_second_factor",)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Django's, with the language, and what its rights mean here."""
        found = list(super().get_fieldsets(request, obj))
        if obj is None:
            return found
        if not (self.has_change_permission(request, obj) and self._may_stand_in(request, obj)):
            # To be looked at it would be shown as it is kept.
            found = [
                (name, {**rest, "fields": [field for field in rest["fields"] if field != "password"]})
                for name, rest in found
            ]
        told = [
            (name, {**rest, "description": OF_NO_COMPANY} if "user_permissions" in rest["fields"] else rest)
            for name, rest in found
        ]
        return [*told[:2], LANGUAGE, *told[2:]]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who is no superuser gives no rights here, and doesn't become somebody who has more."""
        found = list(super().get_readonly_fields(request, obj))
        by = cast(User, request.user)
        if by.is_superuser:
            return found
        found += OF_SUPERUSERS
        if isinstance(obj, User) and not self._may_stand_in(request, obj):
            found += OF_IDENTITY
        return found

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers are changed by superusers alone."""
        return super().has_change_permission(request, obj) and self._is_within_rank(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for changing."""
        return super().has_delete_permission(request, obj) and self._is_within_rank(request, obj)

    def _may_stand_in(self, request: HttpRequest, person: User) -> bool:
        asked: dict[Any, bool] = request.__dict__.setdefault("ranks_asked", {})
        if person.pk not in asked:
            asked[person.pk] = may_stand_in_for(by=cast(User, request.user), person=person)
        return asked[person.pk]

    def _is_within_rank(self, request: HttpRequest, obj: Any) -> bool:
        person = self.get_object(request, obj) if isinstance(obj, str) else obj
        return not isinstance(person, User) or not person.is_superuser or bool(request.user.is_superuser)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Refuse to delete a superuser to who is none."""
        rows, counts, lacking, in_the_way = super().get_deleted_objects(objs, request)
        if not all(self._is_within_rank(request, person) for person in objs):
            lacking = {*lacking, str(_("superuser"))}
        return rows, counts, lacking, in_the_way

    @method_decorator(sensitive_post_parameters())
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:  # noqa: A002 (Django's)
        """Set a person's password; not that of somebody who may do more."""
        person = self.get_object(request, id)
        if person is not None and not self._may_stand_in(request, person):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With where the person is a member, for whoever may know of that."""
        context = {**(extra_context or {}), "memberships": self._memberships(request, object_id)}
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page

    def _memberships(self, request: HttpRequest, object_id: str) -> dict[str, Any] | None:
        pages = cast(RegisterAdmin, self.admin_site._registry[Membership])
        if not pages.has_view_permission(request) or not object_id.isdecimal():
            return None
        rows = pages.get_queryset(request).filter(user=int(object_id)).prefetch_related("groups")
        adds = pages.has_add_permission(request)
        add_url = f"{reverse('admin:access_membership_add')}?{urlencode({'user': object_id})}"
        return {"rows": rows.order_by("ended_at", "pk"), "add_url": add_url if adds else None}

    @display(description=_("language"))
    def language(self, user: User) -> str:
        """Its own name, for whoever may only look."""
        return dict(languages()).get(chosen_language(user), str(_("As the browser says")))

    @action(description=_("Reset two-factor sign-in"), url_path="reset-two-factor", permissions=["change"])
    def reset_second_factor(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the page that asks."""
        return redirect("user_two_factor", object_id)

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool) -> None:
        """Keep the language as well."""
        super().save_model(request, obj, form, change)
        if "language" in form.changed_data:
            choose_language(user=obj, language=form.cleaned_data["language"])


class GroupForm(forms.ModelForm[Group]):
    """A group; whoever writes it gives and takes only rights that they have in all of the installation."""

    asker: Any

    class Meta:
        model = Group
        fields = ("name", "permissions")

    def clean_permissions(self) -> Any:
        """Refuse what they lack."""
        wanted = self.cleaned_data["permissions"]
        before = set(self.instance.permissions.all()) if self.instance.pk else set()
        if not may_give_everywhere(by=self.asker, permissions=names_in([], list(before ^ set(wanted)))):
            raise forms.ValidationError(
                _("You may give and take only rights that you have in all of the installation."), code="rights_not_held"
            )
        return wanted


@admin.register(Group)
class GroupAdmin(ChoosesRights, DjangoGroupAdmin, RegisterAdmin):  # type: ignore[misc]
    """Named sets of rights."""

    form = GroupForm
