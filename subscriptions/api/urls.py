"""The addresses of subscriptions, below `/api/v1/`."""

from django.urls import path

from subscriptions.api.views import SubscriptionDetail, SubscriptionList

urlpatterns = [
    path("subscriptions", SubscriptionList.as_view(), name="subscriptions"),
    path("subscriptions/<str:integration_id>", SubscriptionDetail.as_view(), name="subscription"),
]
