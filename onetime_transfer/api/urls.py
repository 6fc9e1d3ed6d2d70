"""The addresses of transfers, below `/api/v1/`."""

from django.urls import path

from onetime_transfer.api.views import CancelView, PauseView, ResumeView, TransferDetail, TransferList

urlpatterns = [
    path("transfers", TransferList.as_view(), name="transfers"),
    path("transfers/<int:id>", TransferDetail.as_view(), name="transfer"),
    path("transfers/<int:id>/pause", PauseView.as_view(), name="pause-transfer"),
    path("transfers/<int:id>/resume", ResumeView.as_view(), name="resume-transfer"),
    path("transfers/<int:id>/cancel", CancelView.as_view(), name="cancel-transfer"),
]
