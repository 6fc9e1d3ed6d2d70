"""Django's own users and groups in the admin's look."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from access.http.admin import RegisterAdmin

# Importing django.contrib.auth.admin has registered its own.
admin.site.unregister([User, Group])


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User], RegisterAdmin):  # type: ignore[misc] # as unfold's mixins
    """People who sign in and own keys."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, RegisterAdmin):  # type: ignore[misc]
    """Named sets of rights."""
