"""A request of the journal, made again: by the same view, as the same key, with the rights of now."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.template.response import SimpleTemplateResponse
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from access.exceptions import KeyRefused
from access.models import AccessToken, ApiKey
from access.services import key_to_act_as
from journal.services import LOWEST_REFUSAL, Asked

REPLAYED = "Idempotent-Replayed"
TIME_API = "/api/public/"


class WriteRefused(Exception):
    """It isn't done, for a reason that a person can read."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What was answered: the address of what was made, if it told one. `is_from_before`: the caller has sent it again
    already, and nothing was done."""

    gave: Sequence[str]
    is_from_before: bool


class _Request(WSGIRequest):
    """A request that came once: by a host that was let in then, and whose address is as it was sent."""

    def __init__(self, asked: Asked) -> None:
        path, _mark, query = asked.path.partition("?")
        super().__init__(
            {
                "REQUEST_METHOD": asked.method,
                "SCRIPT_NAME": "",
                "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
                "QUERY_STRING": query,
                "CONTENT_TYPE": asked.content_type,
                "CONTENT_LENGTH": str(len(asked.body)),
                "HTTP_HOST": asked.host,
                "SERVER_NAME": asked.host,
                "SERVER_PORT": "443" if asked.is_secure else "80",
                "wsgi.input": BytesIO(asked.body),
                "wsgi.url_scheme": "https" if asked.is_secure else "http",
                **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in asked.headers.items()},
            }
        )
        self.scope = {"raw_path": path.encode()}

    def get_host(self) -> str:
        return str(self.META["HTTP_HOST"])


def ask_again(asked: Asked) -> Answer:
    """Make a request once more, in the caller's transaction. Raises WriteRefused."""
    owner, proof = _proof(asked)
    request: Any = _Request(asked)
    # How REST framework is told who asks
    request._force_auth_user, request._force_auth_token = owner, proof
    try:
        view = resolve(request.path_info)
    except Resolver404:
        raise WriteRefused(_("There is no such address any more.")) from None
    request.resolver_match = view
    response: HttpResponse = view.func(request, *view.args, **view.kwargs)
    if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
        response.render()
    if response.status_code >= LOWEST_REFUSAL:
        raise WriteRefused(_reason(response))
    location = response.headers.get("Location")
    gave = [urlsplit(location).path] if location else []
    return Answer(gave=gave, is_from_before=response.headers.get(REPLAYED) == "true")


def _proof(asked: Asked) -> tuple[User, ApiKey | AccessToken]:
    if asked.key is not None:
        try:
            key = key_to_act_as(public_id=asked.key)
        except KeyRefused as refused:
            raise WriteRefused(str(refused)) from None
        return key.owner, AccessToken(key=key) if asked.path.startswith(TIME_API) else key
    user = User.objects.filter(username=asked.user, is_active=True).first()
    if user is None:
        raise WriteRefused(_("The user %(name)s isn't here, or isn't active.") % {"name": asked.user})
    return user, AccessToken(user=user)


def _reason(response: HttpResponse) -> str:
    """The problem's text, and what is wrong with which field."""
    try:
        said: dict[str, Any] = json.loads(response.content)
    except ValueError:
        return str(response.status_code)
    detail = str(said.get("detail", response.status_code))
    wrong = [f"{one['field']}: {one['detail']}" if one["field"] else one["detail"] for one in said.get("errors", [])]
    return " ".join([detail, *(text for text in wrong if not text.endswith(detail))])
