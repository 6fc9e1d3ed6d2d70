"""An entry on a page or in a file."""

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from history.models import Change
from history.shown import Line, lines_of, some_of

# What people and keys come by; programs go by the name of their command.
VIA: dict[str, str | Promise] = {
    "admin": gettext_lazy("The admin"),
    "api": gettext_lazy("REST"),
    "import": gettext_lazy("Import of a file"),
}


def who(change: Change) -> str:
    """Return whose doing an entry is."""
    if change.key_name:
        return " · ".join(name for name in (change.key_name, change.user_name) if name)
    if change.user_name:
        return change.user_name
    return str(_("Not signed in") if change.address else change.via or _("Program"))


def via(change: Change) -> str:
    """Return by which way an entry came about."""
    return str(VIA.get(change.via) or change.via or "–")


def exact_time(change: Change) -> str:
    """Return when it was, to the second."""
    time = localtime(change.at)
    return f"{date_format(time, 'DATE_FORMAT')} {time:%H:%M:%S}"


def as_text(line: Line) -> str:
    """Return a line as a file takes it."""
    links = [f"{sign} {', '.join(names)}" for sign, names in (("+", line.added), ("−", line.removed)) if names]
    told = " ".join(links) or f"{line.before} → {line.after}"
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
        added = format_html(" <ins>+ {}</ins>", some_of(line.added)) if line.added else ""
        removed = format_html(" <del>− {}</del>", some_of(line.removed)) if line.removed else ""
        return format_html("<b>{}:</b>{}{}", line.label, added, removed)
    before = format_html("<del>{}</del> → ", line.before) if line.before else ""
    return format_html("<b>{}:</b> {}<ins>{}</ins>", line.label, before, line.after or "–")
