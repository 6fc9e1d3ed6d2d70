"""Pictures, looked at within bounds and written anew: whoever sees one never gets the bytes that were sent."""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator

from PIL import Image, ImageFile, ImageOps, ImageSequence, UnidentifiedImageError

from inbox.reading.exceptions import ReadingRefused
from inbox.reading.limits import LIMITS, Limits

FORMATS = ["JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP"]
WIDEST_LOGO, HIGHEST_LOGO = 700, 300
BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    OverflowError,
    struct.error,
    zlib.error,
)

Image.MAX_IMAGE_PIXELS = None  # bounded here, before anything is decoded
ImageFile.LOAD_TRUNCATED_IMAGES = True
Image.preinit()
Image.init()


def size(content: bytes) -> tuple[int, int] | None:
    """Width and height, by the head of the file alone; None where it is no picture that can be read."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            return picture.size
    except (UnidentifiedImageError, Image.DecompressionBombError, *BROKEN):
        return None


def logo(dimensions: tuple[int, int] | None) -> bool:
    """Whether a picture is as small as those of a signature."""
    return dimensions is not None and dimensions[0] <= WIDEST_LOGO and dimensions[1] <= HIGHEST_LOGO


def redrawn(content: bytes, first: int = 1, count: int = 1, limits: Limits = LIMITS) -> Iterator[bytes]:
    """A picture as PNG, upright, no wider than a page is shown; of several pages those that are asked for."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            many = picture.format == "TIFF"
            for number, frame in enumerate(ImageSequence.Iterator(picture), 1):
                if number >= first + (min(count, limits.pages) if many else 1):
                    return
                if number >= first:
                    yield _redrawn(frame, limits)
    except (UnidentifiedImageError, Image.DecompressionBombError):
        raise ReadingRefused("not_a_picture") from None
    except BROKEN as error:
        raise ReadingRefused("damaged_picture", type(error).__name__) from None


def _redrawn(picture: Image.Image, limits: Limits) -> bytes:
    width, height = picture.size
    if width * height > limits.picture_pixels or width < 1 or height < 1:
        raise ReadingRefused("too_large_picture")
    picture.draft("RGB", (limits.page_width, limits.page_width))  # JPEG decodes no more than is needed
    if picture.mode not in {"1", "L", "RGB"}:
        opaque = picture.convert("RGBA") if "A" in picture.mode or "transparency" in picture.info else None
        if opaque is not None:
            paper = Image.new("RGB", picture.size, "white")
            paper.paste(opaque, mask=opaque.getchannel("A"))
            picture = paper
        else:
            picture = picture.convert("RGB")
    factor = max(1, min(picture.size) // (2 * limits.page_width))
    grey = picture.convert("L") if picture.mode == "1" else picture
    shown = ImageOps.exif_transpose(grey.reduce(factor) if factor > 1 else grey.copy())
    shown.thumbnail((limits.page_width, limits.page_pixels // limits.page_width))
    return as_png(shown)


def as_png(picture: Image.Image) -> bytes:
    """The picture's points as PNG, and nothing else of what came with them."""
    out = io.BytesIO()
    bare = picture if picture.mode in {"L", "RGB"} else picture.convert("RGB")
    bare.info = {}
    bare.save(out, "PNG", compress_level=3)
    return out.getvalue()
