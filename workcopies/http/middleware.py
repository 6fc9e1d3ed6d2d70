"""Whoever works in the copy asks for every page."""

import threading
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from workcopies.offline import current
from workcopies.offline.holder import holder_of

# One page at a time: the file is one person's, and its comparison must not read while another page writes.
TURN = threading.Lock()


class HolderMiddleware:
    """In place of signing in: there is one person here."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with TURN:
            request.user = holder_of(current.copy(), current.rights())
            return self._get_response(request)
