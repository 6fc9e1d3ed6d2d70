"""The one-off transfers' pages."""

from onetime_transfer.admin.transfers import TransferAdmin

__all__ = ["TransferAdmin"]
