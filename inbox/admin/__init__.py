"""The e-mail portal's pages."""

from inbox.admin import invoices, mails, portals

__all__ = ["invoices", "mails", "portals"]
