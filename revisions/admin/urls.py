"""The addresses of pages on a subscription's queue, below `/admin/`."""

from django.contrib.admin import site
from django.urls import path

from revisions.admin import browsing

urlpatterns = [
    path("subscriptions/subscription/<int:pk>/outbox/", site.admin_view(browsing.outbox), name="outbox"),
    path(
        "subscriptions/subscription/<int:pk>/outbox/<int:sequence>/",
        site.admin_view(browsing.outbox_row),
        name="outbox_row",
    ),
]
