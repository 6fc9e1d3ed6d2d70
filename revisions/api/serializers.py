"""What requests to the outbox may say, and what its answers look like. Source: CONTRACT §2."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from access.http.parameters import BodySerializer, QuerySerializer, Text, Whole
from information_types import registry
from information_types.schema import MONTH_PATTERN
from revisions.batch import MAX_ROWS

DEFAULT_ROWS = 1_000
LONGEST_WAIT = 30
TYPE_NAMES = registry.names()


class Several(serializers.ListField):
    """A list, or one value alone."""

    def to_internal_value(self, data: Any) -> list[Any]:
        """Read the list, each value once."""
        values = super().to_internal_value([data] if isinstance(data, str) else data)
        return list(dict.fromkeys(values))


class Types(Several):
    """Information types by name."""

    child = serializers.ChoiceField(choices=TYPE_NAMES)


class Companies(Several):
    """Company numbers."""

    child = Text(trim_whitespace=False)


def _one_or_several(item: dict[str, Any]) -> dict[str, Any]:
    return {"oneOf": [item, {"type": "array", "items": item}]}


@extend_schema_field(_one_or_several({"type": "string", "enum": TYPE_NAMES}))
class TypesInBody(Types):
    """Information types in a body, where one may stand alone."""


@extend_schema_field(_one_or_several({"type": "string", "minLength": 1}))
class CompaniesInBody(Companies):
    """Company numbers in a body, where one may stand alone."""


class Integration(serializers.Serializer[Any]):
    """Every request names its integration."""

    integration_id = Text(trim_whitespace=False, help_text=_("The subscription's integration ID; case counts."))


class PendingQuery(Integration, QuerySerializer):
    """What `pending` takes."""

    wait = Whole(
        min_value=0,
        max_value=LONGEST_WAIT,
        default=0,
        help_text=_(
            "Seconds to wait until there is something: rows, or with If-None-Match an answer that differs. "
            "Such a request costs the server next to nothing, and the answer comes as soon as there is one."
        ),
    )


class Fetch(Integration):
    """What chooses a batch."""

    limit = Whole(
        min_value=1,
        max_value=MAX_ROWS,
        default=DEFAULT_ROWS,
        help_text=_("The most rows; a batch ends where a voucher ends, and a first voucher comes whole."),
    )
    after = Whole(
        min_value=0,
        required=False,
        help_text=_("The last sequence that you hold; 409 if the queue doesn't go on there. Only without filters."),
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse `after` beside a filter, with which sequences have gaps."""
        if "after" in attrs and (attrs["information_type"] or attrs["company"]):
            raise serializers.ValidationError({"after": [ErrorDetail(gettext("Only without filters."), "filtered")]})
        return attrs


class RevisionsQuery(Fetch, QuerySerializer):
    """What `revisions` takes."""

    information_type = Types(
        default=list, help_text=_("Only rows of this type; may repeat. What is left out stays queued.")
    )
    company = Companies(
        default=list, help_text=_("Only rows of this company; may repeat. What is left out stays queued.")
    )


class TakeBody(Fetch, BodySerializer):
    """The same parameters as a body."""

    information_type = TypesInBody(default=list)
    company = CompaniesInBody(default=list)


class ReceiptBody(Integration, BodySerializer):
    """What `receipts` takes."""

    receipt = Text(trim_whitespace=False, help_text=_("As it came with the batch."))


class Month(serializers.RegexField):
    """A month."""

    def __init__(self, **options: Any) -> None:
        super().__init__(MONTH_PATTERN, error_messages={"invalid": _("A month has the form YYYY-MM.")}, **options)


class ReconciliationQuery(Integration, QuerySerializer):
    """What `reconciliation` takes."""

    information_type = serializers.ChoiceField(choices=TYPE_NAMES, help_text=_("One type of the subscription."))
    company = Companies(
        default=list,
        help_text=_("Only this company; may repeat. Left out, all of the subscription that the key may read."),
    )
    period_from = Month(required=False, help_text=_("The first month; left out, from the first that there is."))
    period_to = Month(required=False, help_text=_("The last month, included; left out, to the last that there is."))


class ReconciledPeriod(serializers.Serializer[Any]):
    """What the register holds of a month."""

    period = serializers.CharField(allow_null=True, help_text=_("The month; null where the type has no date."))
    rows = serializers.IntegerField()
    debit = serializers.CharField(allow_null=True, help_text=_("The sum of amounts above zero; null without amounts."))
    credit = serializers.CharField(allow_null=True, help_text=_("The sum of amounts below zero, so it is negative."))
    hash = serializers.RegexField("^[0-9a-f]{16}$", help_text=_("Of keys and amounts, by the published recipe."))


class ReconciledCompany(serializers.Serializer[Any]):
    """A company's months, and what may make a copy differ."""

    company = serializers.CharField()
    queued = serializers.IntegerField(help_text=_("Rows of this type and company that aren't acknowledged."))
    unqueued = serializers.IntegerField(help_text=_("Rows that have changed but aren't in the queue yet."))
    resync = serializers.BooleanField(
        help_text=_("Whether something was not queued, so that a one-off transfer is needed.")
    )
    periods = ReconciledPeriod(many=True, help_text=_("Only months that have rows."))


class Recipe(serializers.Serializer[Any]):
    """What a row's line is made of, by the names of `data`."""

    key = serializers.ListField(child=serializers.CharField(), help_text=_("The parts of the key, in this order."))
    amount = serializers.CharField(allow_null=True, help_text=_("The last part; null where the type has no amount."))
    date = serializers.CharField(allow_null=True, help_text=_("The date that has the row's month; null without."))


class Reconciliation(serializers.Serializer[Any]):
    """What the register held at one moment."""

    integration_id = serializers.CharField()
    information_type = serializers.ChoiceField(choices=TYPE_NAMES)
    period_from = serializers.CharField(allow_null=True)
    period_to = serializers.CharField(allow_null=True)
    as_of = serializers.DateTimeField()
    epoch = serializers.IntegerField(help_text=_("Rises when the queue was cut."))
    sequence = serializers.IntegerField(help_text=_("The last that was queued at that moment, of any type."))
    active = serializers.BooleanField(help_text=_("While the subscription is inactive nothing new is queued."))
    withheld_companies = serializers.IntegerField(
        help_text=_("Companies of the subscription that the key may not read.")
    )
    recipe = Recipe()
    companies = ReconciledCompany(many=True)


class Acknowledged(serializers.Serializer[Any]):
    """What a receipt did."""

    acknowledged = serializers.IntegerField(help_text=_("Rows deleted; 0 the second time."))
    remaining = serializers.IntegerField(help_text=_("Rows left in the queue."))


class MissingKind(serializers.Serializer[Any]):
    """A type and company of which something was not queued."""

    information_type = serializers.ChoiceField(choices=TYPE_NAMES)
    company = serializers.CharField()


class QueuedKind(MissingKind):
    """Rows queued of one type and company."""

    rows = serializers.IntegerField()
    oldest = serializers.DateTimeField(help_text=_("When the oldest of them changed."))


class Pending(serializers.Serializer[Any]):
    """What is queued."""

    integration_id = serializers.CharField()
    epoch = serializers.IntegerField(help_text=_("Rises when the queue was cut."))
    active = serializers.BooleanField()
    total = serializers.IntegerField(help_text=_("Rows that can be fetched."))
    withheld = serializers.IntegerField(help_text=_("Rows of companies that the key may not read."))
    oldest = serializers.DateTimeField(allow_null=True, help_text=_("When the oldest of them changed."))
    resync = MissingKind(many=True, help_text=_("What was not queued and needs a one-off transfer."))
    types = QueuedKind(many=True)
