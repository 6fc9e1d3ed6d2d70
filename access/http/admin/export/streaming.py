"""Answers that are sent while they are made, whichever way the server asks for them."""

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import translation


def streamed(request: HttpRequest, pieces: Iterable[str | bytes], *, content_type: str) -> StreamingHttpResponse:
    """Send the pieces as they come, each made in the language of the request."""
    made = _in_language(iter(pieces), translation.get_language())
    # Django would collect them all in memory before it sends them, if an asynchronous server were given an iterator.
    content: Any = _one_by_one(made) if isinstance(request, ASGIRequest) else made
    return StreamingHttpResponse(content, content_type=content_type)


def _in_language(pieces: Iterator[str | bytes], language: str | None) -> Iterator[str | bytes]:
    while True:
        with translation.override(language):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


async def _one_by_one(pieces: Iterator[str | bytes]) -> AsyncIterator[str | bytes]:
    following = sync_to_async(lambda: next(pieces, None))
    while (piece := await following()) is not None:
        yield piece
