"""The addresses of working copies, below `/api/v1/`."""

from django.urls import path

from workcopies.api.checking_in import CheckInView
from workcopies.api.views import CopyDetail, CopyList

urlpatterns = [
    path("working-copies", CopyList.as_view(), name="working-copies"),
    path("working-copies/check-in", CheckInView.as_view(), name="check-in"),
    path("working-copies/<uuid:uid>", CopyDetail.as_view(), name="working-copy"),
]
