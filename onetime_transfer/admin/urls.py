"""The addresses of pages on what needs a transfer, below `/admin/`."""

from django.contrib.admin import site
from django.urls import path

from onetime_transfer.admin import missing

urlpatterns = [
    path("onetime_transfer/transfer/missing/", site.admin_view(missing.start), name="missing_transfers"),
    path("onetime_transfer/transfer/missing/row/", site.admin_view(missing.row), name="missing_transfer_row"),
]
