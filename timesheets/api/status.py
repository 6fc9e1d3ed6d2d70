"""What `setExternalStatusCode` takes and answers."""

from typing import Any

from rest_framework import serializers

from access.http.parameters import StrictSerializer, Text, Truth
from timesheets.api.parameters import Body, ClientNumber, Id
from timesheets.time_api import MOST_RECORDS


class Transaction(StrictSerializer):
    """A row, and the state in which it was fetched."""

    uid = Id()
    timeCategoryId = Id()  # noqa: N815 (the seed's name)
    recordStateKey = Text(  # noqa: N815
        required=False, allow_null=True, max_length=64, trim_whitespace=False, help_text="Left out: in any state."
    )


class StatusBody(Body):
    """What is to be marked."""

    clientId = ClientNumber(max_length=32, trim_whitespace=False, help_text="The company's number.")  # noqa: N815
    externalStatusCode = Text(  # noqa: N815
        max_length=64, allow_blank=True, trim_whitespace=False, help_text="Empty: the mark is taken away."
    )
    transactions = Transaction(many=True, allow_empty=False, max_length=MOST_RECORDS)  # type: ignore[call-arg]
    allOrNothing = Truth(default=True)  # noqa: N815


class Conflict(serializers.Serializer[Any]):
    """A row that isn't in the state that was named."""

    uid = serializers.IntegerField()
    timeCategoryId = serializers.IntegerField()  # noqa: N815
    recordStateKey = serializers.CharField(allow_null=True, help_text="Its state now; null: it is gone.")  # noqa: N815
