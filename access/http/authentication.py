"""`Authorization: Bearer <API key>`."""

from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from access.exceptions import KeyRefused
from access.http.address import client_address
from access.models import ApiKey
from access.services import authenticate_key


class BearerKeyAuthentication(BaseAuthentication):
    """Sets `request.auth` to the ApiKey and `request.user` to its owner."""

    scheme = "Bearer"

    @sensitive_variables()
    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """Return owner and key; None without a bearer token, so that the answer is 401 as well."""
        scheme, _blank, token = get_authorization_header(request).partition(b" ")
        if scheme.lower() != self.scheme.lower().encode():
            return None
        key = self._key(token.strip(), address=client_address(request))
        return key.owner, key

    def authenticate_header(self, _request: Request) -> str:
        """Return the `WWW-Authenticate` of a 401."""
        return f'{self.scheme} realm="Utkorg"'

    @sensitive_variables()
    def _key(self, token: bytes, *, address: str | None) -> ApiKey:
        try:
            return authenticate_key(token.decode("ascii"), address=address)
        except UnicodeDecodeError:
            raise AuthenticationFailed(_("The API key is malformed.")) from None
        except KeyRefused as refused:
            # `from None`: the chain's frames hold the text of the key.
            raise AuthenticationFailed(str(refused)) from None


def key_of(request: Any) -> ApiKey:
    """Return the key of an authenticated request."""
    key = request.auth
    if not isinstance(key, ApiKey):
        raise TypeError("The request was not authenticated by an API key.")
    return key
