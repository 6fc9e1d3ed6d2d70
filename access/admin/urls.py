"""The addresses of pages that are of no register: a person's own settings."""

from django.contrib import admin
from django.urls import include, path

from access.admin.my_settings import my_settings, switch_language

urlpatterns = [
    path("admin/", include("access.admin.company.urls")),
    path("admin/my-settings/", admin.site.admin_view(my_settings), name="my_settings"),
    # By this name the menu's language switch looks for it.
    path("i18n/setlang/", switch_language, name="set_language"),
]
