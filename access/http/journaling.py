"""Writing down outside the database what is written over REST, so that a restored one can be told what it lacks."""

import json
import sys
from collections.abc import Sequence
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property
from django.utils.http import urlencode
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView

from access.http.once import IDEMPOTENCY_KEY
from access.http.tokens import PARAMETER
from access.models import AccessToken, ApiKey
from journal import services
from journal.services import Asked, Begun

KEPT_HEADERS = (IDEMPOTENCY_KEY, "If-Match")


class JournaledView(APIView):
    """A view that writes registers. Whoever derives from it calls `note_write` in the transaction that writes."""

    # The addresses of the rows that were made, where the answer's `Location` doesn't tell
    gave: Sequence[str] = ()

    _begun: Begun | None = None

    @cached_property
    def write_uid(self) -> UUID | None:
        """What the write is called in the journal; None where none is kept."""
        return services.new_uid()

    def dispatch(self, request: HttpRequest, *arguments: Any, **options: Any) -> HttpResponseBase:
        """Answer, and write down what became of it."""
        response = super().dispatch(request, *arguments, **options)
        if self._begun is not None:
            location = response.headers.get("Location")
            gave = self.gave or ([urlsplit(location).path] if location else [])
            services.end(self._begun, status=response.status_code, gave=gave)
        return response

    def check_throttles(self, request: Request) -> None:
        """Count the request; its body is kept first, for a parser reads it once. What is taken in again was counted."""
        if request.method not in SAFE_METHODS:
            keep_body(request._request, most=self.largest_body())
        if not services.is_again():
            super().check_throttles(request)

    def largest_body(self) -> int:
        """How many bytes a body may have."""
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE or sys.maxsize - 1

    def note_write(self) -> None:
        """Write down what was asked, before it is committed."""
        if self._begun is None:
            self._begun = services.begin(asked(self.request), uid=self.write_uid)


def keep_body(request: HttpRequest, *, most: int) -> None:
    """Read a body that may have so many bytes, for whoever asks for it later. Raises RequestDataTooBig."""
    if hasattr(request, "_body"):
        return
    if int(request.META.get("CONTENT_LENGTH") or 0) > most:
        raise RequestDataTooBig
    body = request.read(most + 1)
    if len(body) > most:
        raise RequestDataTooBig
    kept: Any = request
    kept._body, kept._stream = body, BytesIO(body)
    # One that came in chunks says nothing of its length, and would be taken for none.
    request.META["CONTENT_LENGTH"] = str(len(body))


def asked(request: Request) -> Asked:
    """Return a request as it can be made again, without what proves who asks."""
    plain, proof = request._request, request.auth
    key = proof if isinstance(proof, ApiKey) else proof.key if isinstance(proof, AccessToken) else None
    body = plain.body
    return Asked(
        key=None if key is None else key.public_id,
        user=request.user.get_username() if key is None else None,
        who=request.user.get_username() if key is None else f"{key.name} ({key.application})",
        method=str(request.method),
        path=_address(plain),
        host=plain.get_host(),
        is_secure=plain.is_secure(),
        content_type=plain.META.get("CONTENT_TYPE", ""),
        body=_without_token(body) if isinstance(proof, AccessToken) else body,
        headers={name: request.headers[name] for name in KEPT_HEADERS if name in request.headers},
    )


def _address(request: HttpRequest) -> str:
    """The path as it was sent, with its query."""
    sent: bytes = getattr(request, "scope", {}).get("raw_path") or b""
    path = sent.decode("ascii", "replace") or request.get_full_path().partition("?")[0]
    query: MultiValueDict[str, str] = request.GET
    told = urlencode({name: values for name, values in query.lists() if name != PARAMETER}, doseq=True)
    return f"{path}?{told}" if told else path


def _without_token(body: bytes) -> bytes:
    said = json.loads(body)
    if isinstance(said, dict) and said.pop(PARAMETER, None) is not None:
        return json.dumps(said).encode()
    return body
