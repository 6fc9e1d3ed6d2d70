"""The addresses of the outbox, below `/api/v1/`."""

from django.urls import path

from revisions.api.feedback import FeedbackDetail, FeedbackList
from revisions.api.looking import PendingView
from revisions.api.reconciling import ReconciliationView
from revisions.api.views import ReceiptsView, RevisionsView, TakeView

urlpatterns = [
    path("pending", PendingView.as_view(), name="pending"),
    path("revisions", RevisionsView.as_view(), name="revisions"),
    path("revisions/take", TakeView.as_view(), name="take"),
    path("receipts", ReceiptsView.as_view(), name="receipts"),
    path("feedback", FeedbackList.as_view(), name="feedback-list"),
    path("feedback/<int:id>", FeedbackDetail.as_view(), name="feedback"),
    path("reconciliation", ReconciliationView.as_view(), name="reconciliation"),
]
