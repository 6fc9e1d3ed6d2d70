"""The tables of hours, and the information type that they are."""

from timesheets.models.categories import TimeCategory
from timesheets.models.files import HoursFile
from timesheets.models.transactions import LEVELS, TimeTransaction

from timesheets.models import registrations  # isort: skip  # fills the registry, from the models above

__all__ = ["LEVELS", "HoursFile", "TimeCategory", "TimeTransaction", "registrations"]
