"""`Idempotency-Key`: a POST that comes again is answered as it was, without anything being done."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from django.db import transaction
from django.http import HttpResponse
from django.template.response import SimpleTemplateResponse
from rest_framework.request import Request

from access import idempotency
from access.models import ApiKey, KeptAnswer

IDEMPOTENCY_KEY = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"

LOWEST_REFUSAL = 400


class View(Protocol):
    """What is needed of a KeyScope."""

    @property
    def key(self) -> ApiKey: ...

    @property
    def companies_concerned(self) -> set[int]: ...

    def check_companies(self, companies: Iterable[int]) -> None: ...

    def finalize_response(self, request: Request, response: Any, *arguments: Any, **options: Any) -> Any: ...


def answer_once(
    view: View, handler: Callable[..., HttpResponse], request: Request, *arguments: Any, **options: Any
) -> HttpResponse:
    """Answer as before if this was asked before; else let the handler answer, and keep what it says with what it did.

    An exception, and an answer that refuses, isn't kept. The answer is rendered here, within the transaction.
    """
    asked = _asked(view.key, request)
    with transaction.atomic():
        before = idempotency.find(asked)
        if before is not None:
            view.check_companies(before.companies)
            return _again(before)
        response = view.finalize_response(request, handler(request, *arguments, **options), *arguments, **options)
        if isinstance(response, SimpleTemplateResponse):
            response.render()
        if response.status_code < LOWEST_REFUSAL:
            idempotency.keep(
                asked,
                status=response.status_code,
                headers=dict(response.items()),
                body=response.content,
                companies=view.companies_concerned,
            )
    answer: HttpResponse = response
    return answer


def _asked(key: ApiKey, request: Request) -> idempotency.Asked:
    plain = request._request
    return idempotency.Asked(
        key=key,
        name_digest=idempotency.digest_of_name(request.headers[IDEMPOTENCY_KEY]),
        request_digest=idempotency.digest(str(plain.method).encode(), plain.get_full_path().encode(), plain.body),
    )


def _again(before: KeptAnswer) -> HttpResponse:
    return HttpResponse(before.body, status=before.status, headers={**before.headers, REPLAYED: "true"})
