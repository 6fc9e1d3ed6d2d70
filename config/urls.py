"""Every address of the installation. Only URLs import the edges of the apps."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from access.http.problems import unknown_url
from config.find import find
from config.views import favicon, healthz

admin.autodiscover()

api_v1 = [
    path("", include("access.api.urls")),
    path("", include("registers.api.urls")),
    path("", include("subscriptions.api.urls")),
    path("", include("revisions.api.urls")),
    path("", include("onetime_transfer.api.urls")),
    path("", include("workcopies.api.urls")),
]

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("healthz", healthz, name="healthz"),
    path("favicon.ico", favicon),
    path("", include("access.admin.urls")),
    path("admin/", include("sign_in.admin.urls")),
    path("admin/find/", admin.site.admin_view(find), name="find"),
    path("admin/", include("revisions.admin.urls")),
    path("admin/", include("onetime_transfer.admin.urls")),
    path("admin/", include("watch.admin.urls")),
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("api/v1/", include(api_v1)),
    path("api/public/v1/", include("timesheets.api.urls")),
    re_path(r"^api/", unknown_url),  # last below api/
]

handler400 = "access.http.problems.bad_request"
handler500 = "access.http.problems.server_error"
