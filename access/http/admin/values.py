"""Values of `data` as people write them."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from access.http.admin import amounts


def shown(column: "models.Field[Any, Any] | None", value: Any) -> str:
    """A value as people write it."""
    match column, value:
        case _, None:
            return "–"
        case models.DecimalField(), str():
            return amounts.shown(Decimal(value), column.decimal_places)
        case models.BooleanField(), bool():
            return str(_("Yes") if value else _("No"))
        case models.DateField(), str() if not isinstance(column, models.DateTimeField):
            return date_format(date.fromisoformat(value), "SHORT_DATE_FORMAT")
        case models.Field(), str():
            return str(dict(column.flatchoices).get(value, value))
        case _:
            return json.dumps(value, ensure_ascii=False)
