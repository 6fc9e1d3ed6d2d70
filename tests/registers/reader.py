"""Somebody who looks registers up, by REST alone."""

import json
from typing import Any

from django.test import Client

from tests.factories import make_key
from tests.integrators import body


class Reader:
    """Calls with a key that may everything, unless another is given."""

    def __init__(self, text: str | None = None) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {text or make_key()[1]}"})

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> Any:
        """GET below `/api/v1/`; a dot in a name is written `__`."""
        named = {name.replace("__", "."): value for name, value in query.items()}
        return self.client.get(f"/api/v1/{path}", named, headers=headers or {})

    def page(self, path: str, **query: Any) -> Any:
        """A page, as an object."""
        return body(self.get(path, **query))

    def rows(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """The rows of a page."""
        found: list[dict[str, Any]] = self.page(path, **query)["results"]
        return found

    def follow(self, address: str | None) -> Any:
        """The page of an absolute address."""
        answer = self.client.get(str(address))
        assert answer.status_code == 200, answer.content
        return json.loads(answer.content)

    def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """The rows of all pages."""
        page = self.page(path, **query)
        rows = list(page["results"])
        while page["next"]:
            page = self.follow(page["next"])
            rows += page["results"]
        return rows


def errors_of(answer: Any) -> dict[str, str]:
    """What is wrong with which parameter."""
    found = body(answer, 400)
    assert found["code"] == "invalid"
    return {error["field"]: error["code"] for error in found["errors"]}
