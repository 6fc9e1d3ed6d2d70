"""Addresses that suppliers send to, the messages that came, and the invoices that were in them."""

from inbox.models.invoices import IncomingInvoice, SupplierIdentity
from inbox.models.mailboxes import MailboxPosition
from inbox.models.mails import Mail, MailFile
from inbox.models.portals import InvoiceAddress, Portal
from inbox.models.replies import Reply

__all__ = [
    "IncomingInvoice",
    "InvoiceAddress",
    "Mail",
    "MailFile",
    "MailboxPosition",
    "Portal",
    "Reply",
    "SupplierIdentity",
]
