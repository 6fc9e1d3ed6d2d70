"""The addresses of what was changed in a working copy."""

from django.contrib import admin
from django.urls import path

from workcopies.http import pages

urlpatterns = [
    path("", admin.site.admin_view(pages.changed), name="changed_here"),
    path("<str:register>/<int:pk>/take-back/", admin.site.admin_view(pages.take_back), name="take_back"),
]
