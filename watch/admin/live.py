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
    etag = f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'
    same = request.headers.get("If-None-Match") == etag
    response: HttpResponse = HttpResponseNotModified() if same else HttpResponse(content)
    response["ETag"] = etag
    patch_cache_control(response, private=True, no_store=True)
    return response
