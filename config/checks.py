"""What production refuses, and what no installation can run with. Each has an id and says what to do."""

import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 (as Django calls it)
from django.db import connections

from inbox import virus

SHORTEST_SECRET_KEY = 50
SHORTEST_PEPPER = 32
FEWEST_DIFFERENT_CHARACTERS = 10
OLDEST_POSTGRESQL = 16_00_00
RATE = re.compile(r"[1-9][0-9]*/(s|min|h)")
URL = re.compile(r"https?://[^/?#\s]+/?")
OIDC = re.compile(r"https://[^?#\s]+")
TWO_FACTOR = {"optional", "superusers", "everybody"}
ABOVE_ZERO = (
    "UTKORG_ACCESS_TOKEN_MINUTES",
    "UTKORG_SIGN_IN_ATTEMPTS",
    "UTKORG_SIGN_IN_ADDRESS_ATTEMPTS",
    "UTKORG_SIGN_IN_LOCKOUT_MINUTES",
    "UTKORG_SESSION_IDLE_MINUTES",
    "UTKORG_SESSION_HOURS",
    "UTKORG_JOURNAL_DAYS",
)
GENERATE = "Generate one: python3 -c 'import secrets; print(secrets.token_urlsafe(64))'"


@register(Tags.security)
def check_production(**_kwargs: Any) -> list[CheckMessage]:
    """Errors, not warnings: with production's settings no command starts before they are mended."""
    if not settings.UTKORG_PRODUCTION:
        return []
    return [*_unsafe_secrets(), *_unsafe_web(), *_embedded_services()]


@register
def check_values(**_kwargs: Any) -> list[CheckMessage]:
    """Settings that have a form of their own."""
    found: list[CheckMessage] = []
    if settings.LOG_FORMAT not in {"text", "json"}:
        found.append(Error(f"LOG_FORMAT is {settings.LOG_FORMAT!r}.", hint="Use text or json.", id="utkorg.E009"))
    if settings.UTKORG_URL and not URL.fullmatch(settings.UTKORG_URL):
        text = f"UTKORG_URL is {settings.UTKORG_URL!r}."
        found.append(Error(text, hint="Use an address such as https://utkorg.example.se.", id="utkorg.E011"))
    found.extend(_sign_in())
    found.extend(_mail())
    rates = {f"THROTTLE_{scope.upper()}": rate for scope, rate in settings.UTKORG_THROTTLE_RATES.items()}
    for_clients = settings.UTKORG_THROTTLE_CLIENT_RATES.items()
    rates |= {f"THROTTLE_CLIENT_{scope.upper()}": rate for scope, rate in for_clients}
    for name, rate in rates.items():
        if not RATE.fullmatch(rate):
            found.append(Error(f"{name} is {rate!r}.", hint="Use a rate such as 5/s, 60/min.", id="utkorg.E010"))
    return found


def _mail() -> Iterator[CheckMessage]:
    try:
        virus.place_of(settings.CLAMAV_SOCKET or "/")
    except ValueError:
        hint = "Use a socket's path such as /run/clamav/clamd.ctl, or host:port, or leave it empty."
        yield Error(f"CLAMAV_SOCKET is {settings.CLAMAV_SOCKET!r}.", hint=hint, id="utkorg.E030")
    if settings.UTKORG_MAIL_DAYS < 0:
        yield Error(
            f"UTKORG_MAIL_DAYS is {settings.UTKORG_MAIL_DAYS}.", hint="Use 0, or a number of days.", id="utkorg.E031"
        )


def _sign_in() -> Iterator[CheckMessage]:
    if settings.UTKORG_TWO_FACTOR not in TWO_FACTOR:
        text = f"UTKORG_TWO_FACTOR is {settings.UTKORG_TWO_FACTOR!r}."
        yield Error(text, hint="Use optional, superusers or everybody.", id="utkorg.E020")
    for name in ABOVE_ZERO:
        if getattr(settings, name) < 1:
            yield Error(f"{name} is {getattr(settings, name)}.", hint="Use a number above zero.", id="utkorg.E021")
    given = [bool(getattr(settings, name)) for name in ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")]
    if any(given) and not all(given):
        text = "Of OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET some are missing."
        yield Error(text, hint="Set all three, or none.", id="utkorg.E022")
    if settings.OIDC_ISSUER and not (OIDC.fullmatch(settings.OIDC_ISSUER) or not settings.UTKORG_PRODUCTION):
        text = f"OIDC_ISSUER is {settings.OIDC_ISSUER!r}."
        yield Error(text, hint="Use an address that begins with https://.", id="utkorg.E023")


@register(Tags.security, deploy=True)
def check_journal(**_kwargs: Any) -> list[CheckMessage]:
    """An installation may do without, but not unawares."""
    if settings.UTKORG_JOURNAL_FOLDER or not settings.UTKORG_PRODUCTION:
        return []
    return [
        Warning(
            "No journal of REST writes is kept (UTKORG_JOURNAL_FOLDER is empty).",
            hint="Name a folder outside what is backed up with the database: what came in after a backup can be taken "
            "in again from it.",
            id="utkorg.W001",
        )
    ]


@register(Tags.database)
def check_postgresql(databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """Only asked where a command is about to use the database (`migrate`, `check --database default`)."""
    return [
        Error(
            f"PostgreSQL of database {alias!r} is too old.",
            hint="Utkorg needs PostgreSQL 16 or newer.",
            id="utkorg.E008",
        )
        for alias in databases or []
        if server_version(alias) < OLDEST_POSTGRESQL
    ]


def server_version(alias: str) -> int:
    """The server's version as a number, 18.1 as 180001."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def refuse_unsafe_production() -> None:
    """For web server and workers, which start without the checks of `manage.py`."""
    if problems := check_production():
        sys.exit("Utkorg does not start:\n" + "\n".join(str(problem) for problem in problems))


def _unsafe_secrets() -> Iterator[CheckMessage]:
    key, pepper = settings.SECRET_KEY, settings.API_KEY_PEPPER
    if _is_weak(key, SHORTEST_SECRET_KEY):
        yield Error("SECRET_KEY is missing, short or easy to guess.", hint=GENERATE, id="utkorg.E001")
    if _is_weak(pepper, SHORTEST_PEPPER):
        yield Error("API_KEY_PEPPER is missing, short or easy to guess.", hint=GENERATE, id="utkorg.E002")
    if pepper and pepper == key:
        yield Error("API_KEY_PEPPER is the same as SECRET_KEY.", hint=GENERATE, id="utkorg.E003")


def _unsafe_web() -> Iterator[CheckMessage]:
    hosts = settings.ALLOWED_HOSTS
    if not hosts or "*" in hosts:
        yield Error("ALLOWED_HOSTS names no host, or every host.", hint="Name your host.", id="utkorg.E004")
    if settings.DEBUG:
        yield Error("DEBUG is on.", hint="Leave DEBUG out: it shows settings to whoever asks.", id="utkorg.E005")


def _embedded_services() -> Iterator[CheckMessage]:
    if settings.UTKORG_EMBEDDED_DATABASE:
        yield Error("DATABASE_URL is missing.", hint="The embedded database is for make run only.", id="utkorg.E006")
    if settings.UTKORG_EMBEDDED_BROKER:
        yield Error("CELERY_BROKER_URL is missing.", hint="The embedded broker is for make run only.", id="utkorg.E007")


def _is_weak(secret: str, shortest: int) -> bool:
    guessable = secret.startswith("django-insecure-") or len(set(secret)) < FEWEST_DIFFERENT_CHARACTERS
    return len(secret) < shortest or guessable
