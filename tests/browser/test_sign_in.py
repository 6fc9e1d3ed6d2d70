"""Signing in, in a browser that reads Swedish: two factors, and by a real identity provider."""

import base64
import time

import pytest
from django.core.cache import cache
from django.test import override_settings
from django_otp.oath import TOTP
from playwright.sync_api import Page, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from tests.access.provider import CLIENT, SECRET, running
from tests.factories import SuperuserFactory

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "korrekt-häst-batteri"
DESK: ViewportSize = {"width": 1280, "height": 900}


def app_code(secret: str, *, ahead: int) -> str:
    """What an authenticator app shows that has read the secret, so many steps from now."""
    totp = TOTP(base64.b32decode(secret.replace(" ", "")))
    totp.time = time.time() + 30 * ahead
    return f"{totp.token():06d}"


def test_two_factors_are_turned_on_and_asked_for(page: Page, live_server: LiveServer) -> None:
    cache.clear()
    user = SuperuserFactory.create(username="eva")
    user.set_password(PASSWORD)
    user.save()
    page.set_viewport_size(DESK)

    def sign_in() -> None:
        page.goto(f"{live_server.url}/admin/my-settings/two-factor/")
        page.get_by_label("Användarnamn").fill("eva")
        page.get_by_label("Lösenord").fill(PASSWORD)
        page.get_by_role("button", name="Logga in").click()

    sign_in()
    page.get_by_role("link", name="Slå på").click()
    expect(page.get_by_role("img", name="Bild för autentiseringsappen")).to_be_visible()
    page.get_by_text("Kan telefonen inte läsa den?").click()
    secret = page.locator(".setup-key").inner_text()
    page.get_by_label("Kod").fill(app_code(secret, ahead=-1))
    page.get_by_role("button", name="Slå på").click()
    recovery = page.locator(".recovery-codes code").first.inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="Ladda ner som fil").click()
    assert recovery in download.value.path().read_text(encoding="utf-8")
    page.get_by_label("Jag har sparat koderna").check()
    page.get_by_role("button", name="OK").click()
    expect(page.get_by_role("heading", name="Tvåstegsinloggning är på")).to_be_visible()
    page.go_back()
    expect(page.locator("body")).not_to_contain_text(recovery)

    page.context.clear_cookies()
    sign_in()
    page.get_by_label("Kod").fill(app_code(secret, ahead=0))
    page.get_by_role("button", name="Logga in").click()
    expect(page.get_by_role("heading", name="Tvåstegsinloggning är på")).to_be_visible()

    page.context.clear_cookies()
    sign_in()
    page.get_by_text("Jag har inte telefonen").click()
    page.get_by_label("Kod").fill(recovery.upper())
    page.get_by_role("button", name="Logga in").click()
    expect(page.locator(".facts")).to_contain_text("9")


def test_a_real_identity_provider_signs_somebody_in(page: Page, live_server: LiveServer) -> None:
    cache.clear()
    SuperuserFactory.create(username="eva", email="eva@example.se")
    page.set_viewport_size(DESK)
    with (
        running() as provider,
        override_settings(
            OIDC_ISSUER=provider.issuer, OIDC_CLIENT_ID=CLIENT, OIDC_CLIENT_SECRET=SECRET, OIDC_NAME="Provbolaget"
        ),
    ):
        page.goto(f"{live_server.url}/admin/my-settings/sessions/")
        page.get_by_role("link", name="Logga in med Provbolaget").click()
        expect(page.locator(".sessions")).to_contain_text("identitetsleverantör")
        page.context.clear_cookies()
        provider.person = {"sub": "s-2", "email": "eva@example.se", "email_verified": False}
        page.goto(f"{live_server.url}/admin/")
        page.get_by_role("link", name="Logga in med Provbolaget").click()
        expect(page.locator("body")).to_contain_text("Ingen användare här har den e-postadress")
