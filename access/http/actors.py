"""Whose doing a request is, and from where."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from access.http.address import client_address
from history.actors import Actor, acting

SAFE = ("GET", "HEAD", "OPTIONS")
API = "/api/"  # where keys act, see `KeyScope`


def actor_of(request: HttpRequest) -> Actor:
    """Return whoever is signed in; without a name where nobody is."""
    user = request.user
    return Actor(user_id=user.pk, user_name=user.get_username(), via="admin", address=client_address(request))


class ActorMiddleware:
    """Says who acts, for what people send that may change something; all else passes as if it weren't there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method in SAFE or request.path_info.startswith(API):
            return self._get_response(request)
        with acting(actor_of(request)):
            return self._get_response(request)
