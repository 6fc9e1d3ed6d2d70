"""What `Access/login` is sent."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from access.http.parameters import BodySerializer, Text

LONGEST_PASSWORD = 4096


class LoginBody(BodySerializer):
    """What `Access/login` takes: a name and a password, or a key."""

    username = Text(required=False, max_length=150, trim_whitespace=False, help_text="With `password`.")
    password = Text(
        required=False, max_length=LONGEST_PASSWORD, trim_whitespace=False, style={"input_type": "password"}
    )
    apiKey = Text(  # noqa: N815 (the seed's way of writing)
        required=False, max_length=200, trim_whitespace=False, help_text="In place of the other two."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse both, and half of one."""
        if set(attrs) not in ({"username", "password"}, {"apiKey"}):
            error = ErrorDetail(_("Send username and password, or apiKey, and nothing else."), code="credentials")
            raise serializers.ValidationError([error])
        return attrs
