"""Errors as RFC 9457 `application/problem+json`: one edge where every exception becomes one.

An app's core raises exceptions of its own hierarchy, each with a stable `code`; `STATUS_OF_CODE`
says what that is in HTTP. Source: CONTRACT §2, the table of errors.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    NON_FIELD_ERRORS,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from psycopg.errors import ForeignKeyViolation
from rest_framework import exceptions as drf
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from ledger.exceptions import refusal

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER = "2"

STATUS_OF_CODE: Mapping[str, int] = {
    "invalid": 400,
    "empty_negative_selection": 400,
    "invalid_receipt": 400,
    "period_too_long": 400,
    "too_many_records": 400,
    "unbalanced": 400,
    "not_authenticated": 401,
    "permission_denied": 403,
    "wrong_key_kind": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "already_exists": 409,
    "already_reversed": 409,
    "changed_meanwhile": 409,
    "duplicate_invoice": 409,
    "epoch_changed": 409,
    "idempotency_key_in_use": 409,
    "in_use": 409,
    "out_of_step": 409,
    "period_locked": 409,
    "records_changed": 409,
    "too_many_reports": 409,
    "withdrawn": 409,
    "wrong_state": 409,
    "precondition_failed": 412,
    "too_large": 413,
    "unsupported_media_type": 415,
    "idempotency_key_reused": 422,
    "throttled": 429,
    "internal_error": 500,
    "unavailable": 503,
    "disk_full": 507,
}


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one parameter; `field` None is the request as a whole."""

    field: str | None
    code: str
    detail: str


@dataclass(frozen=True)
class Answer:
    """A problem before it is JSON. `members` are the further members of this `code`."""

    code: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    members: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> HttpResponse:
        """Return it as a plain HttpResponse, which no content negotiation touches."""
        status = STATUS_OF_CODE[self.code]
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": self.detail,
            "code": self.code,
            **self.members,
        }
        if self.errors:
            body["errors"] = [asdict(error) for error in self.errors]
        # Half a character, which a caller's names may hold, has no bytes; its escape is JSON.
        text = json.dumps(body, ensure_ascii=False).encode(errors="backslashreplace")
        return HttpResponse(text, status=status, content_type=CONTENT_TYPE, headers=dict(self.headers))


class Problem(drf.APIException):
    """What a view itself refuses: a code of `STATUS_OF_CODE` and what to tell the caller."""

    def __init__(self, code: str, detail: str, **members: Any) -> None:
        super().__init__(detail, code)
        self.status_code = STATUS_OF_CODE[code]
        self.code = code
        self.members = members


def exception_handler(error: Exception, _context: Mapping[str, Any]) -> HttpResponse | None:
    """Answer for an exception of a DRF view; None lets what nobody foresaw become a 500."""
    answer = answer_to(error)
    if answer is None:
        return None
    set_rollback()
    return answer.response()


def answer_to(error: Exception) -> Answer | None:  # noqa: PLR0911 (one for each kind of exception)
    """Return the problem that an exception is, None if it is none of ours."""
    match error:
        case Http404():
            return not_found()
        case PermissionDenied():
            return Answer("permission_denied", _("The key lacks a right that this needs."))
        case RequestDataTooBig():
            return Answer("too_large", _("The request is too large."))
        case SuspiciousOperation():
            return _invalid(FieldError(None, "malformed", _("The request is malformed.")))
        case ValidationError():
            return _invalid(*_django_errors(error))
        case IntegrityError():
            return _answer_to_integrity(error)
        case OperationalError() | InterfaceError():
            logger.error("The database did not answer: %s", error, exc_info=error)
            detail = _("The database can't answer right now. Nothing was changed; try again in a moment.")
            return Answer("unavailable", detail, headers={"Retry-After": RETRY_AFTER})
        case drf.APIException():
            return _answer_to_drf(error)
    return _answer_to_coded(error)


def not_found() -> Answer:
    """Return the 404 that tells nothing about whether there is something to see."""
    return Answer("not_found", _("There is nothing here that this key may see."))


def _answer_to_drf(error: drf.APIException) -> Answer | None:  # noqa: PLR0911 (as above)
    match error:
        case drf.ValidationError():
            return _invalid(*_drf_errors(error.get_full_details()))
        case drf.ParseError():
            return _invalid(FieldError(None, "parse_error", str(error.detail)))
        case drf.NotAuthenticated() | drf.AuthenticationFailed():
            challenge = getattr(error, "auth_header", None)
            headers = {"WWW-Authenticate": challenge} if challenge else {}
            return Answer("not_authenticated", str(error.detail), headers=headers)
        case drf.Throttled():
            wait: int | None = getattr(error, "wait", None)
            headers = {} if wait is None else {"Retry-After": str(wait)}
            return Answer("throttled", str(error.detail), headers=headers)
        case drf.NotFound():
            return not_found()
        case Problem():
            return Answer(error.code, str(error.detail), members=error.members)
    if error.default_code in STATUS_OF_CODE:
        return Answer(error.default_code, str(error.detail))
    return None


def _answer_to_integrity(error: IntegrityError) -> Answer | None:
    """Answer for what the database refuses, some of it only at commit."""
    refused = refusal(error)
    if refused is not None:
        return _answer_to_coded(refused)
    if isinstance(error.__cause__, ForeignKeyViolation):
        # Each looked before the other committed; who looks again sees it.
        logger.error("What a request referred to was deleted meanwhile, or the reverse: %s", error, exc_info=error)
        detail = _("Something that this is about changed at the same time. Nothing was done; try again in a moment.")
        return Answer("unavailable", detail, headers={"Retry-After": RETRY_AFTER})
    return None


def _answer_to_coded(error: Exception) -> Answer | None:
    """Answer for an app's own exception: `code`, its text, and `field` and `members` if it has any.

    A code that is no problem of its own is what is wrong with the field; None is the request as a whole.
    """
    code, name = getattr(error, "code", None), getattr(error, "field", None)
    if not isinstance(code, str):
        return None
    errors = (FieldError(name, code, str(error)),) if isinstance(name, str) else ()
    if code in STATUS_OF_CODE:
        members, headers = getattr(error, "members", {}), getattr(error, "headers", {})
        return Answer(code, str(error), errors=errors, members=members, headers=headers)
    return _invalid(FieldError(name, code, str(error))) if hasattr(error, "field") else None


def _invalid(*errors: FieldError) -> Answer:
    return Answer("invalid", _("The request is not valid."), errors=errors)


def _django_errors(error: ValidationError) -> Iterator[FieldError]:
    by_field = error.error_dict if hasattr(error, "error_dict") else {None: error.error_list}
    for name, errors in by_field.items():
        for one in errors:
            known = None if name == NON_FIELD_ERRORS else name
            yield FieldError(known, one.code or "invalid", " ".join(one.messages))


def _drf_errors(details: Any, path: str = "") -> Iterator[FieldError]:
    """Flatten DRF's nested details; a nested field is written ``rows.0.account``."""
    match details:
        case {"message": str(), "code": str()}:
            yield FieldError(path or None, details["code"], details["message"])
        case dict():
            for name, inner in details.items():
                own = name == api_settings.NON_FIELD_ERRORS_KEY
                yield from _drf_errors(inner, path if own else _join(path, name))
        case list():
            for place, inner in enumerate(details):
                # Leaves of a list are several errors of one field, anything else its items.
                leaf = isinstance(inner, dict) and isinstance(inner.get("message"), str)
                yield from _drf_errors(inner, path if leaf else _join(path, place))


def _join(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


@csrf_exempt
def unknown_url(_request: HttpRequest, **_matched: str) -> HttpResponse:
    """Answer for a path under `/api/` that leads nowhere; the last of the URLs, also with DEBUG."""
    return not_found().response()


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Be the site's `handler400`: what Django refuses before any view sees it."""
    answer = answer_to(exception) if _is_api(request) else None
    return defaults.bad_request(request, exception) if answer is None else answer.response()


def server_error(request: HttpRequest) -> HttpResponse:
    """Be the site's `handler500`: what nobody foresaw, of which the log has the rest."""
    if not _is_api(request):
        return defaults.server_error(request)
    return Answer("internal_error", _("Something went wrong on our side. The log tells what.")).response()


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")
