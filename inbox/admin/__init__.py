"""The e-mail portal's pages."""

from inbox.admin import invoices, portals

__all__ = ["invoices", "portals"]
