"""Answers that a client may keep and ask for again: finished JSON with a strong `ETag`."""

import hashlib

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import parse_etags, quote_etag

JSON = "application/json"


def etag_of(content: str) -> str:
    """Return the strong `ETag` of JSON as it is sent, with its quotes."""
    return quote_etag(hashlib.blake2b(content.encode(), digest_size=15).hexdigest())


def answer(request: HttpRequest, content: str) -> HttpResponse:
    """Return JSON, or 304 where the caller holds it already."""
    etag = etag_of(content)
    if _is_held(etag, request.headers.get("If-None-Match", "")):
        response = HttpResponse(status=304)
        del response["Content-Type"]  # of what isn't sent
    else:
        response = HttpResponse(content.encode(), content_type=JSON)
    response["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Authorization"])
    return response


def _is_held(etag: str, if_none_match: str) -> bool:
    known = [one.removeprefix("W/") for one in parse_etags(if_none_match)]
    return "*" in known or etag in known
