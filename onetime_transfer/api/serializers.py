"""What requests for transfers may say, and what a transfer looks like. Source: CONTRACT §2."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from access.http.parameters import BodySerializer, Text, Truth
from information_types import registry
from onetime_transfer.models import Transfer


class TransferBody(BodySerializer):
    """A transfer as asked for."""

    integration_id = Text(trim_whitespace=False, help_text=_("The subscription's integration ID; case counts."))
    information_type = serializers.ChoiceField(choices=registry.names())
    company = Text(
        trim_whitespace=False,
        required=False,
        allow_null=True,
        default=None,
        help_text=_("One company's number; left out, all companies of the subscription."),
    )
    # Checked by the service against the type's registration.
    parameters: Any = serializers.DictField(default=dict, help_text=_("The type's own; another type's are refused."))


class NothingBody(BodySerializer):
    """For what takes no parameters."""


class CancelBody(BodySerializer):
    """How to end a transfer."""

    keep_queued = Truth(
        default=True,
        help_text=_("Whether the rows it has queued stay. If not they leave the queue, and its epoch rises."),
    )


class TransferSerializer(serializers.ModelSerializer[Transfer]):
    """A transfer and how far it has come."""

    progress = serializers.FloatField(min_value=0, max_value=1, read_only=True)
    message = serializers.CharField(read_only=True, help_text=_("For people; look at `status`."))

    class Meta:
        model = Transfer
        fields = ("id", "status", "progress", "rows_done", "rows_total", "message")
        read_only_fields = fields
