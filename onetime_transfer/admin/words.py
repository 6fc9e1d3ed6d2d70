"""Lengths of time as people say them."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MINUTE, HOUR = 60, 3600


def roughly(seconds: float) -> str:
    """About how long something takes: in seconds below a minute and a half, then minutes, then hours."""
    if seconds < 1.5 * MINUTE:
        count = max(round(seconds), 1)
        return ngettext("roughly one second", "roughly %(count)s seconds", count) % {"count": count}
    if seconds < 1.5 * HOUR:
        count = round(seconds / MINUTE)
        return ngettext("roughly one minute", "roughly %(count)s minutes", count) % {"count": count}
    shown = number_format(seconds / HOUR, 1)
    return _("roughly %(count)s hours") % {"count": shown}


def exactly(seconds: float) -> str:
    """How long something took, short."""
    if seconds < MINUTE:
        return _("%(seconds)s s") % {"seconds": number_format(seconds, 1 if seconds < 10 else 0)}
    minutes, rest = divmod(round(seconds), MINUTE)
    if minutes < MINUTE:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}
    hours, minutes = divmod(minutes, MINUTE)
    return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
