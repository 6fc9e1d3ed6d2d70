"""What is changed in the admin is the doing of whoever is signed in."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from history.actors import Actor, acting

SAFE = ("GET", "HEAD", "OPTIONS")


class ActorMiddleware:
    """Says who acts, for requests to the admin that may change something; all others pass as if it weren't there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._admin = reverse("admin:index")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method in SAFE or not request.path_info.startswith(self._admin):
            return self._get_response(request)
        user = request.user
        actor = Actor(user_id=user.pk, user_name=user.get_username(), via="admin")
        with acting(actor):
            return self._get_response(request)
