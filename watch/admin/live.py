"""Parts of pages that are asked for again every few seconds: cheap where nothing has changed."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control


def answer(request: HttpRequest, template: str, context: Mapping[str, Any]) -> HttpResponse:
    """The part; 304 where the page shows just that already."""
    content = render_to_string(template, dict(context), request=request)
    etag = etag_of(content)
    return labelled(HttpResponseNotModified() if is_shown(request, etag) else HttpResponse(content), etag)


def etag_of(content: object) -> str:
    """A label that differs where the content does."""
    return f'"{hashlib.sha256(str(content).encode()).hexdigest()[:32]}"'


def is_shown(request: HttpRequest, etag: str) -> bool:
    """Whether the page shows what has this label."""
    return request.headers.get("If-None-Match") == etag


def labelled(response: HttpResponse, etag: str) -> HttpResponse:
    """The response with its label, for this page alone."""
    response["ETag"] = etag
    patch_cache_control(response, private=True, no_store=True)
    return response
