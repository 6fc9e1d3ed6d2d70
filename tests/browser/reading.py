"""Every text that a page shows, as the server writes it: what `texts.js` finds in a browser, without one."""

from collections.abc import Iterator

from django.test import Client
from lxml.html import HtmlElement, document_fromstring

from tests.sample import Sample

SKIPPED = {"script", "style", "template", "code", "pre", "textarea"}
ICONS = "material-symbols-outlined"
READ = ("placeholder", "title", "aria-label", "alt", "data-label")
BUTTONS = {"submit", "button", "reset"}


class Reader:
    """The sample's administrator, signed in, as a reader of one language."""

    def __init__(self, language: str, sample: Sample) -> None:
        self.language, self._sample = language, sample
        self._client = Client(headers={"accept-language": language})
        self._client.force_login(sample.user)

    def texts(self, path: str) -> set[str]:
        """Return the texts of a page, but for those that say that they are of another language."""
        answer = self._client.get("/admin/" + path.format_map(self._sample.rows), follow=True)
        assert answer.status_code == 200
        page = document_fromstring(answer.content.decode())
        assert page.get("lang") == self.language
        head, body = page
        found = [head.findtext("title"), *_texts(body, is_of_the_page=True)]
        return {" ".join(text.split()) for text in found if text} - {""}


def _texts(element: HtmlElement, *, is_of_the_page: bool) -> Iterator[str | None]:
    if not isinstance(element.tag, str) or _is_skipped(element):
        return
    if "lang" in element.attrib:
        is_of_the_page = element.get("lang") == element.getroottree().getroot().get("lang")
    if is_of_the_page:
        yield element.text
    for child in element:
        yield from _texts(child, is_of_the_page=is_of_the_page)
        if is_of_the_page:
            yield child.tail
    yield from map(element.get, READ)
    if element.tag == "input" and element.get("type") in BUTTONS:
        yield element.get("value")


def _is_skipped(element: HtmlElement) -> bool:
    chooses_language = (
        (element.tag == "form" and "setlang" in element.get("action", ""))
        or (element.tag == "select" and element.get("name") == "language")
        or (element.tag == "label" and element.find(".//*[@name='language']") is not None)
    )
    is_no_text = element.tag in SKIPPED or element.get("translate") == "no" or ICONS in element.get("class", "")
    return chooses_language or is_no_text
