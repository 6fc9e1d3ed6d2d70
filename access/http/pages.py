"""Long lists, a page at a time: `limit`, `cursor`, and `{"next", "previous", "results"}`."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from access.http.parameters import QuerySerializer

M = TypeVar("M", bound=Model)


class PageQuery(QuerySerializer):
    """What chooses a page; a list's own filters are added by inheriting."""

    limit = serializers.IntegerField(min_value=1, max_value=1000, default=100)
    cursor = serializers.CharField(required=False, help_text="From `next` or `previous`.")


class Page(CursorPagination):
    """One page of a queryset, in an order that a cursor can go on in."""

    def __init__(self, *, ordering: tuple[str, ...], limit: int) -> None:
        self.ordering = ordering
        self.page_size = limit

    @classmethod
    def read(
        cls, things: QuerySet[M], *, request: Request, ordering: tuple[str, ...], query: dict[str, Any]
    ) -> "tuple[list[M], Page]":
        """Return the rows of the page that `query` (of a PageQuery) asks for, and the page."""
        page = cls(ordering=ordering, limit=query["limit"])
        try:
            rows: list[M] = page.paginate_queryset(things, request) or []
        except NotFound:
            error = ErrorDetail(_("This is no cursor of ours."), code="invalid_cursor")
            raise ValidationError({"cursor": [error]}) from None
        return rows, page

    def response(self, items: Sequence[Any]) -> Response:
        """Return the page with its items."""
        return self.get_paginated_response(items)

    @staticmethod
    def schema(name: str, item: type[serializers.Serializer[Any]]) -> Any:
        """Return what OpenAPI says of such a page."""
        link: dict[str, Any] = {"allow_null": True, "help_text": "The page's address, null where there is none."}
        fields: dict[str, Any] = {
            "next": serializers.URLField(**link),
            "previous": serializers.URLField(**link),
            "results": item(many=True),
        }
        return inline_serializer(name, fields)
