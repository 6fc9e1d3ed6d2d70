"""The addresses of pages on what needs a transfer, and on what is sent again, below `/admin/`."""

from django.contrib.admin import site
from django.urls import path

from onetime_transfer.admin import missing, resending

urlpatterns = [
    path("revisions/feedback/send/", site.admin_view(resending.send), name="feedback_send"),
    path("onetime_transfer/transfer/missing/", site.admin_view(missing.start), name="missing_transfers"),
    path("onetime_transfer/transfer/missing/row/", site.admin_view(missing.row), name="missing_transfer_row"),
]
