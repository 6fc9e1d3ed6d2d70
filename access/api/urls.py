"""The addresses of keys, below `/api/v1/`."""

from django.urls import path

from access.api.views import ClientList, MeView

urlpatterns = [
    path("me", MeView.as_view(), name="me"),
    path("keys/<str:public_id>/clients", ClientList.as_view(), name="clients_of_key"),
]
