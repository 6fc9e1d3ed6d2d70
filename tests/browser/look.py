"""Looking at a page: what is wrong with its answer, its language, its looks, and for whom it can't be used."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.http import HttpRequest
from django.test import Client
from playwright.sync_api import Browser, Page

from tests.sample import Sample

DESKTOP, PHONE = (1280, 900), (390, 844)
LOOKS, TEXTS, INKS = (
    Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("looks.js", "texts.js", "inks.js")
)
# Without its own look at every style sheet, of which only a rule about turned phones makes use.
AXE = """async ([where, options]) => {
    const found = await axe.run(where, {preload: false, iframes: false, resultTypes: ["violations"], ...options});
    return found.violations;
}"""
EVERYTHING = {"include": [["html"]]}
# The same menu stands on every page: it is looked at on the first.
WITHOUT_MENU = {"include": [["html"]], "exclude": [["#nav-sidebar"]]}
# Contrast takes most of axe-core's time: see `Look.violations`.
CONTRAST = "color-contrast"
ALL_ELSE = {"rules": {CONTRAST: {"enabled": False}}}
# What colours and widths can change, of a page that was looked at otherwise before
LOOKS_ALONE = {"runOnly": ["link-in-text-block", "scrollable-region-focusable"]}
SERIOUS = {"serious", "critical"}
MOST_LOOKS = 20
# What a page's script does when it begins; at once, without the colours in between
TURN = """dark => {
    const atOnce = new CSSStyleSheet();
    atOnce.replaceSync("* { transition: none !important }");
    document.adoptedStyleSheets.push(atOnce);
    document.documentElement.classList.toggle("dark", dark);
}"""


@dataclass(frozen=True)
class View:
    """How large the window is, in pixels, and whether the reader wants it dark."""

    size: tuple[int, int]
    dark: bool = False


LIT_DESK, DARK_PHONE = View(DESKTOP), View(PHONE, dark=True)


class KeptStaticFiles(StaticFilesHandler):
    """Styles and scripts that the browser needn't ask for again on each of some hundred pages."""

    def serve(self, request: HttpRequest) -> Any:
        """Serve a file for good."""
        answer = super().serve(request)
        answer["Cache-Control"] = "max-age=3600, immutable"
        return answer


class Look:
    """A browser of one language in which the sample's administrator is signed in, and what its console said."""

    def __init__(self, browser: Browser, language: str, address: str, sample: Sample) -> None:
        self.language, self._address, self._sample = language, address, sample
        context = browser.new_context(locale=language, timezone_id="Europe/Stockholm", reduced_motion="reduce")
        client = Client()
        client.force_login(sample.user)
        name = settings.SESSION_COOKIE_NAME
        cookie: Any = {"name": name, "value": client.cookies[name].value, "url": address}
        context.add_cookies([cookie])
        self.page: Page = context.new_page()
        self._console: list[str] = []
        self._inks: set[str] = set()
        self.page.on("pageerror", lambda error: self._console.append(str(error)))
        self.page.on("console", lambda said: self._console.append(said.text) if said.type == "error" else None)

    def open(self, path: str, view: View = LIT_DESK) -> list[str]:
        """Open a page; return what is wrong with its answer, its language and its looks."""
        self._console.clear()
        self._set(view)
        answer = self.page.goto(self._address + path.format_map(self._sample.rows))
        assert answer is not None
        wrong = [] if answer.status == 200 else [f"status {answer.status}"]
        if self.page.locator("html").get_attribute("lang") != self.language[:2]:
            wrong.append("another language")
        return wrong + self.console() + self.looks()

    def turn(self, view: View) -> list[str]:
        """See the page that is open otherwise; return what is wrong with its looks then."""
        self._set(view)
        self.page.evaluate(TURN, view.dark)
        for _ in range(MOST_LOOKS):
            if not (wrong := self.looks()):
                break
            self.page.wait_for_timeout(100)  # bars and tables are measured anew in a while
        return wrong

    def _set(self, view: View) -> None:
        self.page.emulate_media(color_scheme="dark" if view.dark else "light")
        self.page.set_viewport_size({"width": view.size[0], "height": view.size[1]})

    def console(self) -> list[str]:
        """Return the errors in the console."""
        return [f"console: {said}" for said in self._console]

    def looks(self) -> list[str]:
        """Return what is cut off or too wide."""
        found: list[str] = self.page.evaluate(LOOKS)
        return found

    def texts(self) -> list[str]:
        """Return the page's texts."""
        found: list[str] = self.page.evaluate(TEXTS)
        return found

    def violations(self, *, looks_alone: bool = False) -> list[str]:
        """Return what axe-core finds that is serious or critical.

        Texts that stand in the same elements, in the same colours, as others that could be read are not measured again:
        each row of a list, each field of a form.
        """
        self.page.evaluate(AXE_SCRIPT)
        where = EVERYTHING if self.page.url == self._address else WITHOUT_MENU
        found = self._axe(where, LOOKS_ALONE if looks_alone else ALL_ELSE)
        inks: list[str] = self.page.evaluate(INKS, list(self._inks))
        if inks:
            pale = self._axe({"include": [["[data-ink]"]]}, {"runOnly": [CONTRAST]})
            found += pale
            self._inks.update([] if pale else inks)
        return found

    def _axe(self, where: dict[str, Any], options: dict[str, Any]) -> list[str]:
        found: list[dict[str, Any]] = self.page.evaluate(AXE, [where, options])
        return [
            f"{violation['id']}: {node['target'][0]} {node['failureSummary'].splitlines()[1].strip()}"
            for violation in found
            if violation["impact"] in SERIOUS
            for node in violation["nodes"]
        ]
