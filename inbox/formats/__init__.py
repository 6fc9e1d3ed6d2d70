"""Electronic invoices of every format that is taken, each read into the same `Invoice`.

Nothing here knows the database, the settings or the network: bytes go in, frozen values come out. What can't be read
at all is an `UnreadableInvoice`, what is odd about it a `Finding` among the invoice's `remarks`.
"""

from inbox.formats.exceptions import (
    BrokenInvoice,
    HostileXml,
    NotXml,
    SeveralInvoices,
    UnknownFormat,
    UnreadableInvoice,
)
from inbox.formats.findings import Finding, Severity
from inbox.formats.invoice import (
    Address,
    AllowanceCharge,
    Attachment,
    Identifier,
    Invoice,
    Line,
    Party,
    Payment,
    Preceding,
    Property,
    Totals,
    VatGroup,
)
from inbox.formats.reading import read_all, read_xml
from inbox.formats.recognising import Recognised, recognise

__all__ = [
    "Address",
    "AllowanceCharge",
    "Attachment",
    "BrokenInvoice",
    "Finding",
    "HostileXml",
    "Identifier",
    "Invoice",
    "Line",
    "NotXml",
    "Party",
    "Payment",
    "Preceding",
    "Property",
    "Recognised",
    "SeveralInvoices",
    "Severity",
    "Totals",
    "UnknownFormat",
    "UnreadableInvoice",
    "VatGroup",
    "read_all",
    "read_xml",
    "recognise",
]
