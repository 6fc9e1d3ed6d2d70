"""The pictures of the documentation: `make screenshots` writes them to docs/images. Look at each afterwards."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image

from tests.browser.look import DESKTOP, PHONE, Look, View
from tests.browser.pages import PAGES

pytestmark = pytest.mark.django_db

FOLDER: Path = settings.BASE_DIR / "docs" / "images"
MOST_BYTES = 150_000
COLOURS = 255
# Today is another day tomorrow, and a picture that differs in its times alone is of no use to anybody.
SAME_TIMES = Path(__file__).with_name("same_times.js").read_text(encoding="utf-8")
STILL = "* { animation: none !important; caret-color: transparent !important; transition: none !important; }"


@dataclass(frozen=True)
class Picture:
    """A page as it is shown in the documentation; `scroll_to` names what it is about, where that is further down."""

    name: str
    page: str
    language: str = "sv"
    size: tuple[int, int] = DESKTOP
    dark: bool = False
    scroll_to: str = ""


PICTURES = [
    Picture("overview", "overview"),
    Picture("overview-nb", "overview", language="nb"),
    Picture("overview-en-dark", "overview", language="en", dark=True),
    Picture("overview-phone", "overview", size=PHONE),
    Picture("subscription", "subscription-negative"),
    Picture("subscription-new", "subscription-add"),
    Picture("subscription-phone", "subscription-negative", size=PHONE),
    Picture("subscriptions", "subscription-list"),
    Picture("policy", "subscription-policy"),
    Picture("outbox", "outbox"),
    Picture("outbox-row", "outbox-row"),
    Picture("transfer", "transfer"),
    Picture("transfer-ask", "transfer-of-subscription"),
    Picture("transfers", "transfer-list"),
    Picture("trace", "trace-found"),
    Picture("import", "fileimport-add"),
    Picture("import-preview", "import-ready"),
    Picture("vouchers", "vouchers-filtered"),
    Picture("voucher", "voucher"),
    Picture("history", "history"),
    Picture("keys", "apikey-list"),
    Picture("messages", "notices"),
    Picture("incoming-invoice", "incoming-changed-account"),
]


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_is_taken(picture: Picture, looks: dict[str, Look]) -> None:
    look = looks[picture.language]
    wrong = look.open(PAGES[picture.page], View(picture.size, picture.dark))
    look.page.add_style_tag(content=STILL)
    look.page.wait_for_load_state("networkidle")
    look.page.evaluate(SAME_TIMES)
    if picture.scroll_to:
        look.page.locator(picture.scroll_to).first.scroll_into_view_if_needed()
    file = FOLDER / f"{picture.name}.png"
    taken = look.page.screenshot(animations="disabled", caret="hide")
    # A page has few colours: a palette makes a third of it, and nobody sees the difference.
    colours = Image.open(BytesIO(taken)).convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE)
    colours.save(file, optimize=True)
    assert wrong == []
    assert file.stat().st_size < MOST_BYTES
