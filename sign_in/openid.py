"""The identity provider, as the settings name it: OpenID Connect's code flow with PKCE."""

from functools import lru_cache
from typing import Any

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_variables
from joserfc.errors import JoseError
from redis.exceptions import RedisError
from requests.exceptions import RequestException

from sign_in.exceptions import ProviderFailed
from sign_in.identities import Claims

# Who is named by the provider is one of ours: rights and language come from where everybody's do.
BACKEND = "access.backends.ProfileBackend"
WELL_KNOWN = "/.well-known/openid-configuration"
SECONDS = 10
FAILURES = (OAuthError, JoseError, RequestException, RedisError, RuntimeError, ValueError, KeyError, TypeError)


def name() -> str:
    """What the button says; empty where there is no provider."""
    return settings.OIDC_NAME if settings.OIDC_ISSUER and settings.OIDC_CLIENT_ID else ""


def begin(request: HttpRequest, *, back_to: str) -> HttpResponse:
    """Send somebody to the provider. Raises ProviderFailed."""
    try:
        answer: HttpResponse = _client().authorize_redirect(request, back_to)
    except FAILURES as error:
        raise ProviderFailed(type(error).__name__) from error
    return answer


@sensitive_variables()
def finish(request: HttpRequest) -> Claims:
    """Read what the provider says of whoever comes back, signed for us and this session. Raises ProviderFailed."""
    try:
        told = _client().authorize_access_token(request)["userinfo"]
        return Claims.of(dict(told))
    except FAILURES as error:
        raise ProviderFailed(type(error).__name__) from error


def _client() -> Any:
    return _made(settings.OIDC_ISSUER.rstrip("/"), settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)


@lru_cache(maxsize=4)
def _made(issuer: str, client_id: str, client_secret: str) -> Any:
    # What must be remembered on the way (nonce, verifier) stands in the cache, not in the session.
    return OAuth(cache=cache).register(
        "openid",
        client_id=client_id,
        client_secret=client_secret,
        server_metadata_url=issuer + WELL_KNOWN,
        client_kwargs={
            "scope": "openid email profile",
            "code_challenge_method": "S256",
            "default_timeout": SECONDS,
        },
    )
