"""Production refuses what is unsafe, each by a check with an id."""

import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from config import checks

GOOD: dict[str, Any] = {
    "UTKORG_PRODUCTION": True,
    "SECRET_KEY": secrets.token_urlsafe(64),
    "API_KEY_PEPPER": secrets.token_urlsafe(64),
    "ALLOWED_HOSTS": ["utkorg.example.se"],
    "DEBUG": False,
    "UTKORG_EMBEDDED_DATABASE": False,
    "UTKORG_EMBEDDED_BROKER": False,
}


def ids(**values: Any) -> set[str | None]:
    """The ids of what production finds wrong with good values but for these."""
    with override_settings(**{**GOOD, **values}):
        return {message.id for message in checks.check_production()}


def test_good_values_pass() -> None:
    assert ids() == set()


@pytest.mark.parametrize("key", ["missing", "short", "a" * 60, "django-insecure-" + "0123456789abcdef" * 4])
def test_a_weak_secret_key_is_refused(key: str) -> None:
    assert ids(SECRET_KEY=key) == {"utkorg.E001"}


@pytest.mark.parametrize("pepper", ["", "short", "b" * 60])
def test_a_weak_pepper_is_refused(pepper: str) -> None:
    assert ids(API_KEY_PEPPER=pepper) == {"utkorg.E002"}


def test_one_secret_for_both_is_refused() -> None:
    assert ids(API_KEY_PEPPER=GOOD["SECRET_KEY"]) == {"utkorg.E003"}


@pytest.mark.parametrize("hosts", [[], ["*"], ["utkorg.example.se", "*"]])
def test_every_host_is_refused(hosts: list[str]) -> None:
    assert ids(ALLOWED_HOSTS=hosts) == {"utkorg.E004"}


def test_debugging_is_refused() -> None:
    assert ids(DEBUG=True) == {"utkorg.E005"}


def test_the_embedded_database_is_refused() -> None:
    assert ids(UTKORG_EMBEDDED_DATABASE=True) == {"utkorg.E006"}


def test_the_embedded_broker_is_refused() -> None:
    assert ids(UTKORG_EMBEDDED_BROKER=True) == {"utkorg.E007"}


def test_elsewhere_these_values_are_allowed() -> None:
    assert ids(UTKORG_PRODUCTION=False, DEBUG=True, SECRET_KEY="short", ALLOWED_HOSTS=["*"]) == set()


@pytest.mark.django_db
def test_an_old_postgresql_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.check_postgresql(databases=["default"]) == []
    monkeypatch.setattr(checks, "OLDEST_POSTGRESQL", checks.server_version("default") + 1)
    assert [message.id for message in checks.check_postgresql(databases=["default"])] == ["utkorg.E008"]


def test_an_unknown_log_format_is_refused() -> None:
    with override_settings(LOG_FORMAT="xml"):
        assert [message.id for message in checks.check_values()] == ["utkorg.E009"]


@pytest.mark.parametrize("rate", ["5", "5/day", "many/s", "0/s"])
def test_a_rate_without_a_form_is_refused(rate: str) -> None:
    with override_settings(UTKORG_THROTTLE_RATES={"pending": rate}):
        assert [message.id for message in checks.check_values()] == ["utkorg.E010"]


def production(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a Python command with production's settings."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "DATABASE_URL", "CELERY_BROKER_URL")}
    return subprocess.run(
        [sys.executable, *command],
        cwd=settings.BASE_DIR,
        env={**inherited, "DJANGO_SETTINGS_MODULE": "config.settings.production", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_check_deploy_is_clean_with_good_values() -> None:
    done = production(
        *("manage.py", "check", "--deploy", "--fail-level", "WARNING"),
        SECRET_KEY=GOOD["SECRET_KEY"],
        API_KEY_PEPPER=GOOD["API_KEY_PEPPER"],
        ALLOWED_HOSTS="utkorg.example.se",
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "command",
    [
        ("manage.py", "migrate"),
        ("-m", "uvicorn", "config.asgi:application"),
        ("-m", "celery", "-A", "config.celery", "worker", "--pool=solo"),
        ("-m", "celery", "-A", "config.celery", "beat", "--pidfile=", "--schedule={folder}/schedule"),
    ],
)
def test_nothing_starts_with_unsafe_values(command: tuple[str, ...], tmp_path: Path) -> None:
    done = production(*(part.format(folder=tmp_path) for part in command))
    assert done.returncode != 0
    assert "utkorg.E001" in done.stdout + done.stderr


@pytest.mark.parametrize("address", ["utkorg.example.se", "ftp://utkorg.example.se", "https://example.se/utkorg"])
def test_an_address_that_links_could_not_begin_with_is_refused(address: str) -> None:
    with override_settings(UTKORG_URL=address):
        assert [found.id for found in checks.check_values()] == ["utkorg.E011"]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, set()),
        ({"UTKORG_TWO_FACTOR": "sometimes"}, {"utkorg.E020"}),
        ({"UTKORG_SIGN_IN_ATTEMPTS": 0}, {"utkorg.E021"}),
        ({"UTKORG_SESSION_HOURS": -1}, {"utkorg.E021"}),
        ({"CLAMAV_SOCKET": "clamd"}, {"utkorg.E030"}),
        ({"CLAMAV_SOCKET": "clamd:3310"}, set()),
        ({"UTKORG_MAIL_DAYS": -1}, {"utkorg.E031"}),
        ({"OIDC_ISSUER": "https://id.example.se"}, {"utkorg.E022"}),
        ({"OIDC_ISSUER": "https://id.example.se", "OIDC_CLIENT_ID": "a", "OIDC_CLIENT_SECRET": "b"}, set()),
        ({"OIDC_ISSUER": "http://id.example.se", "OIDC_CLIENT_ID": "a", "OIDC_CLIENT_SECRET": "b"}, {"utkorg.E023"}),
    ],
)
def test_what_says_nothing_about_signing_in_is_refused(values: dict[str, Any], found: set[str]) -> None:
    with override_settings(**{**GOOD, **values}):
        assert {message.id for message in checks.check_values()} == found
