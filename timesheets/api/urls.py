"""Addresses below `/api/public/v1/`, in the seed's letter case."""

from django.urls import path

from timesheets.api import views
from timesheets.api.login import Login

urlpatterns = [
    path("Access/login", Login.as_view(), name="time-login"),
    path("Time/getTimeTransactions", views.TimeTransactions.as_view(), name="time-transactions"),
    path("Time/setExternalStatusCode", views.ExternalStatus.as_view(), name="time-status"),
]
