"""The addresses of the first page's live part and of what is shown of a subscription, below `/admin/`."""

from django.contrib import admin
from django.urls import path

from watch.admin.overview import live
from watch.admin.policies import policy_page, queue_part

urlpatterns = [
    path("overview/live/", admin.site.admin_view(live), name="watch_live"),
    path("subscriptions/subscription/<int:pk>/queue/", admin.site.admin_view(queue_part), name="watch_queue"),
    path("subscriptions/subscription/<int:pk>/policy/", admin.site.admin_view(policy_page), name="watch_policy"),
]
