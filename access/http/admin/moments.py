"""Moments in lists: how long ago, since that is what one looks for; the exact time on pointing at it."""

from datetime import datetime

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _

RECENT_SECONDS = 60


def ago(time: datetime) -> str:
    """How long ago it was, in the largest unit."""
    if (now() - time).total_seconds() < RECENT_SECONDS:
        return _("just now")
    return _("%(time)s ago") % {"time": timesince(time, depth=1)}


def moment(time: datetime | None, otherwise: str = "–") -> str:
    """A moment for a column of a list, or what stands there for none."""
    if time is None:
        return otherwise
    exact = date_format(localtime(time), "DATETIME_FORMAT")
    return format_html('<time class="moment" datetime="{}" title="{}">{}</time>', time.isoformat(), exact, ago(time))
