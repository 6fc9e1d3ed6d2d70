"""What forms of keys share: days, and the choice of where rights come from."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.http.admin.days import DayInput
from access.models import KeyRights


class LastDayField(forms.DateField):
    """The last day on which something works, or none; its value is that day's last second."""

    widget = DayInput

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, **options})

    def prepare_value(self, value: Any) -> Any:
        """The day of a time."""
        return timezone.localtime(value).date() if isinstance(value, datetime) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare days."""
        return super().has_changed(self.prepare_value(initial), data)

    def clean(self, value: Any) -> Any:
        """Refuse a day that has passed."""
        day: date | None = super().clean(value)
        if day is None:
            return None
        last = timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
        if last <= timezone.now():
            raise forms.ValidationError(_("Choose a day that is still to come."), code="past")
        return last


RIGHTS_ASKED = {
    KeyRights.ALL: KeyRights.ALL.label,
    KeyRights.OWN: _("Give the key this user's rights"),
    KeyRights.NONE: KeyRights.NONE.label,
}
RIGHTS_MEAN = {
    KeyRights.ALL: _("Follows the owner: what the owner gets or loses, the key gets or loses at once."),
    KeyRights.OWN: _("A copy of what the owner may today. What is given to the owner later, the key doesn't get."),
    KeyRights.NONE: _("None at first. You choose them on the next page."),
}
