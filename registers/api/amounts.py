"""Amounts and quantities in bodies: strings, for a JSON number may have lost its last cent on the way."""

import re
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


class DecimalText(serializers.Field):  # type: ignore[type-arg] # of stored values there is no form
    """A number as text, in its one form."""

    pattern: ClassVar[str]
    default_error_messages = {
        "not_a_string": gettext_lazy('Write it as a string, such as "1250.00": a JSON number isn\'t exact.'),
        "invalid": "",
    }

    def to_internal_value(self, data: Any) -> Decimal:
        """Read the number."""
        if not isinstance(data, str):
            self.fail("not_a_string")
        if re.fullmatch(self.pattern, data, re.ASCII) is None:
            raise serializers.ValidationError(self.said(), code="invalid")
        return Decimal(data)

    def said(self) -> str:
        """What the form is."""
        raise NotImplementedError


@extend_schema_field({"type": "string", "pattern": r"^-?[0-9]{1,16}(\.[0-9]{1,2})?$", "examples": ["1250.00"]})
class AmountText(DecimalText):
    """An amount of money; debit positive."""

    pattern = r"-?[0-9]{1,16}(\.[0-9]{1,2})?"

    def said(self) -> str:
        """At most two decimals."""
        return _("Write an amount such as 1250.00: at most 16 digits and two decimals.")


@extend_schema_field({"type": "string", "pattern": r"^-?[0-9]{1,14}(\.[0-9]{1,4})?$", "examples": ["1.5"]})
class QuantityText(DecimalText):
    """A quantity."""

    pattern = r"-?[0-9]{1,14}(\.[0-9]{1,4})?"

    def said(self) -> str:
        """At most four decimals."""
        return _("Write a quantity such as 1.5: at most 14 digits and four decimals.")
