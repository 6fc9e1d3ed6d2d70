"""Somebody outside who uses the time API."""

import json
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from ledger.models import Company
from tests.factories import UserFactory, give

PASSWORD = "korrekt-häst-batteri"
LOGIN = "/api/public/v1/Access/login"
READ = "/api/public/v1/Time/getTimeTransactions"
MARK = "/api/public/v1/Time/setExternalStatusCode"
RIGHTS = ("timesheets.use_time_api", "timesheets.view_timetransaction")


def person(name: str = "trineg", *, company: Company | None = None, rights: tuple[str, ...] = RIGHTS) -> User:
    """Somebody with a password, and rights in a company (or in the whole installation)."""
    user = UserFactory.create(username=name)
    user.set_password(PASSWORD)
    user.save()
    give(user, *rights, company=company)
    return user


def log_in(
    username: str = "trineg", password: str = PASSWORD, *, api_key: str = "", client: Client | None = None
) -> Any:
    """Log in by name and password, or by a key instead."""
    told = {"apiKey": api_key} if api_key else {"username": username, "password": password}
    return (client or Client()).post(LOGIN, json.dumps(told), content_type="application/json")


def token(username: str = "trineg", **instead: Any) -> str:
    """The token of a login that works."""
    answer = log_in(username, **instead)
    assert answer.status_code == 200, answer.content
    text: str = answer.json()["accessToken"]
    return text


class Exporter:
    """A program with a token."""

    def __init__(self, text: str, **always: Any) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {text}"})
        self.always = always

    def get(self, **parameters: Any) -> Any:
        """Ask by a query."""
        return self.client.get(READ, self.always | parameters)

    def post(self, **parameters: Any) -> Any:
        """Ask by a body."""
        body = json.dumps(self.always | parameters)
        return self.client.post(READ, body, content_type="application/json")

    def mark(self, transactions: list[dict[str, Any]], code: str = "exported", **more: Any) -> Any:
        """Mark rows."""
        body = {"clientId": self.always["clientId"], "externalStatusCode": code, "transactions": transactions, **more}
        return self.client.post(MARK, json.dumps(body), content_type="application/json")


def uids(answer: Any) -> list[int]:
    """The rows of an answer."""
    assert answer.status_code == 200, answer.content
    return [row["uid"] for row in answer.json()]
