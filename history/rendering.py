"""An entry on a page or in a file."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from history.models import Change
from history.shown import Line, lines_of


def who(change: Change) -> str:
    """Return whose doing an entry is."""
    if change.key_name:
        return f"{change.user_name} ({change.key_name})" if change.user_name else change.key_name
    return change.user_name or change.via or str(_("Program"))


def as_text(line: Line) -> str:
    """Return a line as a file takes it."""
    links = [f"+ {line.added}" if line.added else "", f"− {line.removed}" if line.removed else ""]
    told = " ".join(part for part in links if part) or f"{line.before} → {line.after}"
    return f"{line.label}: {told}"


def as_html(change: Change, *, most: int | None = None) -> SafeString:
    """Return the lines as a list, or the first ones and how many more there are."""
    lines = list(lines_of(change))
    shown = format_html_join("", "<li>{}</li>", ((_line(line),) for line in lines[:most]))
    more = len(lines) - len(lines[:most])
    rest = format_html("<li>{}</li>", _("%(count)s more fields") % {"count": more}) if more else ""
    return format_html('<ul class="difference">{}{}</ul>', shown, rest)


def _line(line: Line) -> SafeString:
    if line.added or line.removed:
        added = format_html(" <ins>+ {}</ins>", line.added) if line.added else ""
        removed = format_html(" <del>− {}</del>", line.removed) if line.removed else ""
        return format_html("<b>{}:</b>{}{}", line.label, added, removed)
    before = format_html("<del>{}</del> → ", line.before) if line.before else ""
    return format_html("<b>{}:</b> {}<ins>{}</ins>", line.label, before, line.after or "–")
