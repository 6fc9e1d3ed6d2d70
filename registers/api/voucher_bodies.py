"""What requests for vouchers may say. Source: CONTRACT §2."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from access.http.parameters import BodySerializer, Day, StrictSerializer, Text, Whole
from registers.api.amounts import AmountText, QuantityText

MOST_ROWS = 5000
OF_SIE = re.compile(r"[1-9][0-9]{0,8}")


def _code(**options: Any) -> Text:
    return Text(max_length=64, trim_whitespace=False, required=False, allow_null=True, default=None, **options)


def _text(longest: int, **options: Any) -> Text:
    return Text(max_length=longest, allow_blank=True, required=False, allow_null=True, **options)


@extend_schema_field(
    {
        "type": "object",
        "propertyNames": {"pattern": "^[1-9][0-9]{0,8}$"},
        "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 64},
        "examples": [{"7": "121"}],
    }
)
class OtherDimensions(serializers.DictField):
    """Codes by the number of their SIE dimension."""

    child = Text(max_length=64, trim_whitespace=False)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """Read them; the names are numbers."""
        wrong = [name for name in data if OF_SIE.fullmatch(str(name)) is None] if isinstance(data, Mapping) else []
        if wrong:
            detail = _("A further dimension is named by its number in SIE, such as 7.")
            raise serializers.ValidationError({str(name): [detail] for name in wrong}, code="invalid")
        values: dict[str, str] = super().to_internal_value(data)
        return values


class RowBody(StrictSerializer):
    """A row: debit positive, credit negative."""

    account = Text(max_length=32, trim_whitespace=False, help_text=gettext_lazy("The account's number."))
    amount = AmountText(help_text=gettext_lazy("Debit positive, credit negative."))
    quantity = QuantityText(required=False, allow_null=True, default=None)
    text = _text(500)
    entry_date = Day(required=False, allow_null=True, help_text=gettext_lazy("By default the voucher's."))
    cost_centre = _code()
    project = _code()
    object = _code()
    management_area = _code()
    other_dimensions = OtherDimensions(required=False, allow_null=True, default=None)
    signature = _text(100)


class ChangedRowBody(RowBody):
    """A row as it is to be; `row` names one that is there."""

    row = Whole(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=2**31 - 1,
        help_text=gettext_lazy("The row that is changed; left out, the row is new."),
    )


def _rows(kind: type[RowBody]) -> Any:
    many: dict[str, Any] = {"many": True, "min_length": 1, "max_length": MOST_ROWS}
    return kind(**many)


class HeaderBody(BodySerializer):
    """What a voucher says of itself."""

    voucher_date = Day()
    voucher_text = _text(500)
    registered_on = Day(required=False, allow_null=True)
    signature = _text(100)


class VoucherBody(HeaderBody):
    """A new voucher."""

    company = Text(max_length=32)
    series = Text(max_length=32, allow_blank=True, help_text=gettext_lazy("May be empty."))
    rows = _rows(RowBody)


@extend_schema_field(OpenApiTypes.ANY)
class AsGiven(serializers.JSONField):
    """A field that may be sent as it was read, and not otherwise."""

    def __init__(self) -> None:
        super().__init__(required=False, allow_null=True)


class VoucherChange(HeaderBody):
    """A voucher as it is to be, as a whole. What names it may be sent along as it is."""

    company = AsGiven()
    financial_year = AsGiven()
    series = AsGiven()
    number = AsGiven()
    reverses = AsGiven()
    reversed_by = AsGiven()
    rows = _rows(ChangedRowBody)


class ReversalBody(BodySerializer):
    """How a voucher is taken back."""

    voucher_date = Day(
        required=False,
        allow_null=True,
        help_text=gettext_lazy(
            "By default the voucher's own; where that is locked today, and where today is in no open year the first "
            "open day."
        ),
    )
    text = _text(500, help_text=gettext_lazy("By default one that names the voucher."))
    series = Text(
        max_length=32,
        allow_blank=True,
        required=False,
        allow_null=True,
        help_text=gettext_lazy("By default the voucher's own."),
    )
