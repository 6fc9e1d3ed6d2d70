"""Documents in XML as bodies: the supplier's own invoice, taken in as one that comes by mail."""

import dataclasses
import logging
from collections.abc import Iterator, Mapping
from typing import IO, Any, Self
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from access.http.problems import Problem
from inbox import documents
from inbox.exceptions import DocumentRefused
from inbox.formats import Finding
from inbox.models import Mail
from inbox.reading import ReadingUnavailable, ReadMessage
from inbox.storage import is_full
from inbox.virus import ScannerAway
from ledger.models import Company, SupplierInvoice

logger = logging.getLogger(__name__)

FILE_NAME = "invoice.xml"


class XmlParser(BaseParser):
    """The document as it was sent, byte for byte: it is read in a process of its own."""

    media_type = "application/xml"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 (its signature)
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002 (its signature)
    ) -> Any:
        """Return the bytes."""
        return stream.read()


class TextXmlParser(XmlParser):
    """The same by its older name."""

    media_type = "text/xml"


DOCUMENT_PARSERS = (XmlParser, TextXmlParser)
DOCUMENT_TYPES = frozenset(parser.media_type for parser in DOCUMENT_PARSERS)


def is_document(request: Request) -> bool:
    """Tell whether the body is a document."""
    return request.content_type.partition(";")[0].strip().lower() in DOCUMENT_TYPES


def largest_body() -> int:
    """How many bytes a document may have: as many as a message."""
    return settings.UTKORG_MAIL_MAX_MB * 1024 * 1024


@dataclasses.dataclass(frozen=True, kw_only=True)
class Document:
    """An invoice that was read, and not yet taken in."""

    company: Company
    content: bytes
    message: ReadMessage

    @classmethod
    def read(cls, *, company: Company, content: bytes) -> Self:
        """Read a company's document, outside any transaction; raises ValidationError, and 503 or 507 where not now."""
        try:
            message = documents.read(content=content, file_name=FILE_NAME)
        except DocumentRefused as error:
            raise _told(error) from error
        except (ReadingUnavailable, ScannerAway) as error:
            raise Problem("unavailable", _("Invoices can't be read right now. Send it again in a moment.")) from error
        except OSError as error:
            raise _not_kept(error) from error
        return cls(company=company, content=content, message=message)

    def take_in(self, *, sender: str, write: UUID | None) -> SupplierInvoice:
        """Let it land in the register; raises `DuplicateInvoice`, ValidationError, and 503 or 507 as above."""
        try:
            incoming = documents.take_in(
                company=self.company,
                content=self.content,
                message=self.message,
                source=Mail.Source.API,
                sender=sender,
                write=write,
            )
        except DocumentRefused as error:
            raise _told(error) from error
        except OSError as error:
            raise _not_kept(error) from error
        invoice = incoming.supplier_invoice
        if invoice is None:
            raise TypeError(f"{incoming} was taken in without a row.")
        return invoice


def _not_kept(error: OSError) -> Problem:
    """The storage can't take the original, without which there is no invoice; who runs it reads why in the log."""
    logger.error("The mail storage can't take an invoice over REST: %s", error)
    if is_full(error):
        detail = _("There is no room for the invoice's original. Nothing was registered; send it again later.")
        return Problem("disk_full", detail)
    detail = _("The invoice's original can't be kept right now. Nothing was registered; send it again in a moment.")
    return Problem("unavailable", detail)


def _told(error: DocumentRefused) -> ValidationError:
    """What is wrong, by the terms of EN 16931 where it is one; else of the document as a whole."""
    wrong: dict[str, list[ErrorDetail]] = {}
    for field, detail in _wrong(error):
        wrong.setdefault(field, []).append(detail)
    return ValidationError(wrong or [ErrorDetail(str(error), code=error.code)])


def _wrong(error: DocumentRefused) -> Iterator[tuple[str, ErrorDetail]]:
    findings: list[Finding] = list(error.findings)
    for finding in findings:
        yield finding.field, ErrorDetail(str(finding.message), code=finding.rule)
