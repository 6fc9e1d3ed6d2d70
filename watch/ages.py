"""How long something has lasted, in one unit and the language in force."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MINUTE, HOUR, DAY = 60, 3600, 86400


def age(lasted: timedelta) -> str:
    """'12 minutes', '3 hours', '5 days'."""
    seconds = int(lasted.total_seconds())
    if seconds < MINUTE:
        return _("less than a minute")
    if seconds < HOUR:
        return ngettext("%(count)s minute", "%(count)s minutes", seconds // MINUTE) % {"count": seconds // MINUTE}
    if seconds < 2 * DAY:
        return ngettext("%(count)s hour", "%(count)s hours", seconds // HOUR) % {"count": seconds // HOUR}
    return ngettext("%(count)s day", "%(count)s days", seconds // DAY) % {"count": seconds // DAY}
