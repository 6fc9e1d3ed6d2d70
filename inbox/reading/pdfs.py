"""PDF: the files in it, its text, and its pages as pictures. Nothing in it is run."""

import ctypes
import io
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pikepdf
import pypdfium2
from pikepdf import settings

from inbox.reading.exceptions import ReadingRefused
from inbox.reading.limits import LIMITS, MB, Limits
from inbox.reading.names import file_name
from inbox.reading.pictures import as_png

# The names under which the standards of hybrid invoices keep the data, and what relation to the page they give it.
DATA_NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml", "order-x.xml")
RELATIONS = ("/Data", "/Source", "/Alternative", "/Supplement", "/Unspecified")
WRONG_PASSWORD = 4  # pdfium's number for it
SMALLEST_PAGE, LARGEST_PAGE = 1.0, 20_000.0  # points: a page beyond is none that anybody printed

settings.set_qpdf_limits(
    parser_max_nesting=100,
    parser_max_errors=100,
    parser_max_container_size=1_000_000,
    max_stream_filters=5,
    flate_max_memory=64 * MB,
    run_length_max_memory=64 * MB,
    png_max_memory=64 * MB,
    tiff_max_memory=64 * MB,
    dct_max_memory=64 * MB,
    dct_max_progressive_scans=50,
    doc_max_warnings=10_000,
)


@dataclass(frozen=True)
class Embedded:
    """A file in a PDF."""

    name: str
    content: bytes
    relation: str

    @property
    def rank(self) -> tuple[int, int]:
        """Where it comes among those that may be the invoice's data."""
        name = self.name.lower()
        return (
            DATA_NAMES.index(name) if name in DATA_NAMES else len(DATA_NAMES),
            RELATIONS.index(self.relation) if self.relation in RELATIONS else len(RELATIONS),
        )


def embedded_files(content: bytes, limits: Limits) -> list[Embedded]:
    """The files in a PDF, the likeliest data of an invoice first."""
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            return sorted(_files(pdf, limits), key=lambda file: file.rank)
    except pikepdf.PasswordError:
        raise ReadingRefused("encrypted_pdf") from None
    except (pikepdf.PdfError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, OverflowError) as error:
        raise ReadingRefused("damaged_pdf", type(error).__name__) from None


def _files(pdf: pikepdf.Pdf, limits: Limits) -> Iterator[Embedded]:
    number = size = 0
    for key in pdf.attachments:
        number += 1
        if number > limits.pdf_files:
            raise ReadingRefused("too_many_files")
        try:
            spec = pdf.attachments[key]
            file = spec.get_file()
            raw = file.read_bytes()
            name = file_name(spec.filename or key)
            relation = str(spec.obj.get("/AFRelationship", ""))
        except (pikepdf.PdfError, ValueError, KeyError, TypeError, AttributeError, RuntimeError):
            continue
        size += len(raw)
        if size > limits.unpacked:
            raise ReadingRefused("too_much_content")
        yield Embedded(name, raw, relation)


def texts(content: bytes, limits: Limits) -> tuple[str, ...]:
    """The text of the first pages, as far as it can be had in some seconds; nothing of a scanned page."""
    found: list[str] = []
    end = time.monotonic() + limits.pdf_text_seconds
    left = limits.pdf_text_characters
    with _Opened(content) as pdf:
        for number in range(min(len(pdf), limits.pdf_text_pages)):
            text = _text_of(pdf, number, left)
            found.append(text)
            left -= len(text)
            if left <= 0 or time.monotonic() > end:
                break
    return tuple(found)


def _text_of(pdf: pypdfium2.PdfDocument, number: int, longest: int) -> str:
    try:
        page = pdf[number]
        text = page.get_textpage()
        count = min(max(text.count_chars(), 0), longest)
        found = text.get_text_range(0, count) if count else ""
        text.close()
        page.close()
    except (pypdfium2.PdfiumError, ValueError):
        return ""
    return found.replace("\x00", "")


class _Opened:
    """A PDF, open for looking at; refused where it can't be."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __enter__(self) -> pypdfium2.PdfDocument:
        try:
            self.pdf = pypdfium2.PdfDocument(self.content)
        except pypdfium2.PdfiumError as error:
            password = getattr(error, "err_code", None) == WRONG_PASSWORD
            raise ReadingRefused("encrypted_pdf" if password else "damaged_pdf") from None
        return self.pdf

    def __exit__(self, *_: object) -> None:
        self.pdf.close()


def pages(content: bytes, first: int, count: int, limits: Limits = LIMITS) -> Iterator[bytes]:
    """Pages as PNG, from `first` (counted from 1); a page that can't be drawn ends it."""
    with _Opened(content) as pdf:
        last = min(len(pdf), first - 1 + min(count, limits.pages))
        for number in range(first - 1, last):
            yield _picture(pdf, number, limits)


def _picture(pdf: pypdfium2.PdfDocument, number: int, limits: Limits) -> bytes:
    try:
        page = pdf[number]
        width, height = page.get_size()
        if not (SMALLEST_PAGE <= width <= LARGEST_PAGE and SMALLEST_PAGE <= height <= LARGEST_PAGE):
            raise ReadingRefused("damaged_pdf", "size of a page")
        scale = min(limits.page_width / width, math.sqrt(limits.page_pixels / (width * height)))
        drawn = page.render(scale=scale, may_draw_forms=False)
        try:
            return as_png(drawn.to_pil())
        finally:
            drawn.close()
            page.close()
    except (pypdfium2.PdfiumError, ValueError, ctypes.ArgumentError):
        raise ReadingRefused("damaged_pdf", f"page {number + 1}") from None
