"""The addresses of pages on what needs a transfer, below `/admin/`."""

from django.contrib.admin import site
from django.urls import path

from onetime_transfer.admin import missing

urlpatterns = [
    path("onetime_transfer/transfer/missing/", site.admin_view(missing.start), name="missing_transfers"),
    path("onetime_transfer/transfer/missing/rows/", site.admin_view(missing.rows), name="missing_transfer_rows"),
]
