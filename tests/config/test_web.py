"""What every response carries, and what is served by the installation itself."""

import re
from pathlib import Path

import pytest
import yaml
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client, override_settings

pytestmark = pytest.mark.django_db


def policy(response: object) -> str:
    return str(response["Content-Security-Policy"])  # type: ignore[index]


def test_healthz_says_that_all_is_well(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_healthz_waits_for_the_credentials(client: Client, tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    with override_settings(READY_FILE=str(file)):
        assert client.get("/healthz").status_code == 503
        file.touch()
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("address", ["/healthz", "/api/docs/", "/api/schema/", "/admin/login/", "/not-there"])
def test_every_response_names_its_request(client: Client, address: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", client.get(address)["X-Request-Id"])


def test_a_callers_own_request_id_is_kept(client: Client) -> None:
    given = "0123456789abcdef0123456789abcdef"
    assert client.get("/healthz", headers={"X-Request-Id": given})["X-Request-Id"] == given


def test_a_request_id_of_another_form_is_not_repeated(client: Client) -> None:
    assert "<" not in client.get("/healthz", headers={"X-Request-Id": "<script>"})["X-Request-Id"]


@pytest.mark.parametrize("address", ["/healthz", "/api/docs/", "/not-there"])
def test_the_policy_is_strict(client: Client, address: str) -> None:
    assert "unsafe" not in policy(client.get(address))
    assert "default-src 'self'" in policy(client.get(address))


def test_the_admin_may_evaluate_but_load_nothing_from_elsewhere(client: Client) -> None:
    client.force_login(User.objects.create_superuser("chief"))
    found = policy(client.get("/admin/"))
    assert "script-src 'self' 'unsafe-eval'" in found
    assert "http" not in found


def test_the_documentation_loads_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/api/docs/").content.decode()
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert sources
    assert all(source.startswith("/") for source in sources)
    assert all(finders.find(source.removeprefix("/static/")) for source in sources if source.startswith("/static/"))


def test_the_schema_is_openapi_3_1(client: Client) -> None:
    schema = yaml.safe_load(client.get("/api/schema/").content)
    assert schema["openapi"].startswith("3.1")


def test_the_admin_speaks_the_browsers_language_and_else_english(client: Client) -> None:
    assert client.get("/admin/login/")["Content-Language"] == "en"
    assert client.get("/admin/login/", headers={"Accept-Language": "sv"})["Content-Language"] == "sv"
    assert client.get("/admin/login/", headers={"Accept-Language": "nb"})["Content-Language"] == "nb"
