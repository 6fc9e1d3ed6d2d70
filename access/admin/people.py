"""Django's own users and groups in the admin's look, and the language that a user reads."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from access.admin.my_settings import language_field
from access.admin.permissions import ChoosesRights
from access.http.admin import RegisterAdmin
from access.language import choose_language, chosen_language, languages

# Importing django.contrib.auth.admin has registered its own.
admin.site.unregister([User, Group])

LANGUAGE: tuple[Any, Any] = (_("Language"), {"fields": ("language",)})


class UserForm(UserChangeForm):
    """A user, with the language that they read."""

    language = language_field()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.initial["language"] = chosen_language(self.instance)


@admin.register(User)
class UserAdmin(ChoosesRights, DjangoUserAdmin[User], RegisterAdmin):  # type: ignore[misc] # as unfold's mixins
    """People who sign in and own keys."""

    form = UserForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    actions_detail = ("reset_second_factor",)
    fieldsets = (*(DjangoUserAdmin.fieldsets or ())[:2], LANGUAGE, *(DjangoUserAdmin.fieldsets or ())[2:])

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


@admin.register(Group)
class GroupAdmin(ChoosesRights, DjangoGroupAdmin, RegisterAdmin):  # type: ignore[misc]
    """Named sets of rights."""
