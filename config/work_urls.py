"""Every address of `manage.py work`: the registers' pages, and what was changed in the copy."""

from importlib import import_module

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from config.find import find
from config.views import favicon, healthz

for registers in ("ledger.admin", "workcopies.http.hours"):  # importing registers them
    import_module(registers)

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("healthz", healthz, name="healthz"),
    path("favicon.ico", favicon),
    path("language/", set_language, name="set_language"),
    path("admin/find/", admin.site.admin_view(find), name="find"),
    path("admin/changes/", include("workcopies.http.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "access.http.problems.bad_request"
handler500 = "workcopies.http.pages.failed"
