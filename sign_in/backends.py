"""Who is locked out isn't asked for a password; programs on this machine, which come by no request, aren't counted."""

from typing import Any

from axes.backends import AxesStandaloneBackend
from django.http import HttpRequest


class LockoutBackend(AxesStandaloneBackend):
    """The library's, for requests."""

    def authenticate(self, request: HttpRequest | None, *arguments: Any, **credentials: Any) -> None:
        """Refuse who is locked out; say nothing of anybody else."""
        if request is not None:
            super().authenticate(request, *arguments, **credentials)
