"""How much of a message is read, and what its reading may take."""

from dataclasses import dataclass

MB = 2**20


@dataclass(frozen=True)
class Limits:
    """The bounds of one reading; what is beyond them is refused, never read in part without being told."""

    content: int = 50 * MB  # bytes of a message, as it was sent
    parts: int = 1000
    depth: int = 20  # multiparts and messages inside of each other
    forwarded: int = 5  # messages inside of each other
    header_bytes: int = 256 * 1024  # of one message or part
    header_fields: int = 1000
    text: int = 100_000  # characters of the body that are kept
    unpacked: int = 100 * MB  # bytes of all files that come out of a message
    xml: int = 20 * MB
    candidates: int = 200

    archive_files: int = 50
    archive_file: int = 25 * MB
    archive_ratio: int = 200

    pdf_files: int = 20
    pdf_text_pages: int = 10
    pdf_text_characters: int = 200_000
    pdf_text_seconds: float = 15.0

    pages: int = 20  # of a PDF or TIFF, shown at once
    page_width: int = 1240  # pixels: A4 at 150 dots an inch
    page_pixels: int = 4_000_000
    picture_pixels: int = 40_000_000  # of a picture that is opened at all

    seconds: float = 60.0
    step_seconds: float = 30.0  # at one file: what comes beside it has the rest
    memory: int = 500 * MB
    answer: int = 130 * MB
    answer_text: int = 30 * MB


LIMITS = Limits()
