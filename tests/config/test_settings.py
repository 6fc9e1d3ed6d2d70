"""Settings come from the environment, and every module takes over all that `base` says."""

import importlib
import os
import subprocess
import sys

import environ
import pytest
from django.conf import settings

from config.settings import base
from config.settings.connections import cache_url, database


@pytest.mark.parametrize("purpose", ["local", "production", "test"])
def test_each_purpose_takes_over_every_shared_setting(purpose: str) -> None:
    source = (settings.BASE_DIR / "config" / "settings" / f"{purpose}.py").read_text(encoding="utf-8")
    words = set(source.replace(",", " ").replace(":", " ").split())
    assert {name for name in dir(base) if name.isupper()} - words == set()


def test_the_database_refuses_to_wait_for_ever() -> None:
    options = database(environ.Env(), "postgres://utkorg@/utkorg?host=/run/utkorg")["OPTIONS"]["options"]
    assert options == "-c jit=off -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"


def test_behind_pgbouncer_nothing_is_sent_when_a_connection_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PGBOUNCER", "true")
    found = database(environ.Env(), "postgres://utkorg@pgbouncer/utkorg")
    assert "options" not in found["OPTIONS"]
    assert found["DISABLE_SERVER_SIDE_CURSORS"]


def test_a_pool_keeps_no_connections_per_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_POOL_SIZE", "7")
    monkeypatch.setenv("DATABASE_CONN_MAX_AGE", "600")
    found = database(environ.Env(), "postgres://utkorg@/utkorg")
    assert found["OPTIONS"]["pool"]["max_size"] == 7
    assert found["CONN_MAX_AGE"] == 0


@pytest.mark.parametrize(
    ("broker", "cache"),
    [
        ("redis+socket:///run/valkey.sock", "unix:///run/valkey.sock"),
        ("redis://broker:6379/0", "redis://broker:6379/0"),
        ("rediss://broker:6379/0", "rediss://broker:6379/0"),
        ("valkey://broker:6379/0", "redis://broker:6379/0"),
    ],
)
def test_the_cache_finds_the_broker(broker: str, cache: str) -> None:
    assert cache_url(broker) == cache


def test_the_default_language_is_english_and_three_are_spoken() -> None:
    assert settings.LANGUAGE_CODE == "en"
    assert {code for code, _name in settings.LANGUAGES} == {"sv", "nb", "en"}


def test_the_admins_templates_come_before_djangos() -> None:
    assert settings.INSTALLED_APPS.index("unfold") < settings.INSTALLED_APPS.index("config.pages.PagesConfig")


def test_a_command_without_database_says_what_to_do(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    keep = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}}
    done = subprocess.run(
        [sys.executable, "manage.py", "showmigrations"],
        cwd=settings.BASE_DIR,
        env={**keep, "UTKORG_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith(f"The embedded database of {home} is not running")


def test_the_celery_application_knows_our_tasks() -> None:
    app = importlib.import_module("config.celery").app
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert scheduled | set(settings.CELERY_TASK_ROUTES) <= set(app.tasks)
