"""Signing in: the password, lockout, the second factor."""

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client, override_settings
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from freezegun import freeze_time

from history.models import Change
from sign_in import second_factor
from sign_in.models import Authenticator, OpenSession
from sign_in.tasks import remove_old
from tests.factories import SuperuserFactory, UserFactory, give

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
CODE = "/admin/sign-in/code/"
MINE = "/admin/my-settings/two-factor/"
PASSWORD = "korrekt-häst-batteri"


@pytest.fixture(autouse=True)
def _no_counts() -> None:
    cache.clear()


@pytest.fixture
def eva() -> User:
    return person("eva")


def person(name: str, **fields: Any) -> User:
    """Somebody who may open the admin, with a password."""
    user = SuperuserFactory.create(username=name, email=f"{name}@example.se", **fields)
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client: Client, name: str = "eva", password: str = PASSWORD, **more: Any) -> Any:
    """Post the form."""
    return client.post(f"{LOGIN}?next=/admin/ledger/voucher/", {"username": name, "password": password}, **more)


def is_in(client: Client) -> bool:
    """Whether the browser is signed in."""
    return client.get("/admin/my-settings/").status_code == 200


def app_code(user: User, *, ahead: int = 0) -> str:
    """What the person's authenticator app shows, so many steps from now."""
    device = Authenticator.objects.get(user=user)
    totp = TOTP(device.bin_key)
    totp.time = time.time() + 30 * ahead
    return f"{totp.token():06d}"


def enrol(user: User) -> list[str]:
    """Turn the second factor on; the code that this takes is an old one, so that the one of now is left."""
    second_factor.waiting_authenticator(user=user)
    return second_factor.turn_on(user=user, code=app_code(user, ahead=-1), kept_session=None)


# The password


def test_name_and_password_open_the_admin(eva: User) -> None:
    client = Client()
    answer = sign_in(client)
    assert (answer.status_code, answer["Location"]) == (302, "/admin/ledger/voucher/")
    assert is_in(client)
    assert list(Change.objects.filter(kind="signed_in").values_list("user_name", "address")) == [("eva", "127.0.0.1")]


def test_a_program_on_this_machine_checks_a_password_without_a_request(eva: User) -> None:
    assert authenticate(username="eva", password=PASSWORD) == eva
    assert authenticate(username="eva", password="fel") is None


def test_nobody_is_led_to_another_site(eva: User) -> None:
    answer = Client().post(f"{LOGIN}?next=https://evil.example/", {"username": "eva", "password": PASSWORD})
    assert answer["Location"] == "/admin/"


def test_who_is_signed_in_goes_on_at_once(eva: User) -> None:
    client = Client()
    client.force_login(eva)
    assert client.get(f"{LOGIN}?next=/admin/trace/")["Location"] == "/admin/trace/"


@pytest.mark.parametrize(
    ("name", "password"), [("eva", "fel"), ("nobody", PASSWORD), ("x" * 300, "y"), ("eva", "z" * 9000)]
)
def test_anything_else_does_not(eva: User, name: str, password: str) -> None:
    client = Client()
    assert sign_in(client, name, password).status_code == 200
    assert not is_in(client)


def test_who_is_no_staff_stays_outside() -> None:
    user = UserFactory.create(username="kund")
    user.set_password(PASSWORD)
    user.save()
    assert sign_in(Client(), "kund").status_code == 200


# Lockout


def fail(times: int, name: str = "eva", address: str = "192.0.2.7") -> Any:
    """Try wrong passwords; return the last answer."""
    client = Client(REMOTE_ADDR=address)
    return [sign_in(client, name, "fel") for _ in range(times)][-1]


def test_five_wrong_passwords_lock_the_name_out_from_the_address(eva: User) -> None:
    assert fail(4).status_code == 200
    answer = fail(1)
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 15 * 60
    assert sign_in(Client(REMOTE_ADDR="192.0.2.7")).status_code == 429
    assert sign_in(Client(REMOTE_ADDR="192.0.2.8")).status_code == 302
    assert Change.objects.filter(kind="locked_out", address="192.0.2.7", object_id=eva.pk).count() == 1


def test_the_page_says_when_to_try_again_in_ones_language(eva: User) -> None:
    fail(5)
    for language, words in {"sv": "Försök igen efter", "nb": "Prøv igjen etter", "en": "Try again after"}.items():
        answer = sign_in(Client(REMOTE_ADDR="192.0.2.7"), headers={"accept-language": language})
        assert words in answer.content.decode()
        assert re.search(r"<b>\d\d[:.]\d\d", answer.content.decode())


def test_trying_on_does_not_make_the_lockout_longer(eva: User) -> None:
    with freeze_time(timezone.now(), tick=False) as clock:
        fail(5)
        clock.tick(timedelta(minutes=14))
        assert fail(3).status_code == 429
        clock.tick(timedelta(minutes=1, seconds=1))
        assert sign_in(Client(REMOTE_ADDR="192.0.2.7")).status_code == 302


@override_settings(UTKORG_SIGN_IN_ADDRESS_ATTEMPTS=8)
def test_an_address_that_tries_many_names_is_locked_out(eva: User) -> None:
    for number in range(7):
        assert fail(1, f"name{number}").status_code == 200
    assert sign_in(Client(REMOTE_ADDR="192.0.2.7")).status_code == 302  # which doesn't forgive the others
    assert fail(1, "name8").status_code == 429
    assert sign_in(Client(REMOTE_ADDR="192.0.2.7")).status_code == 429
    assert sign_in(Client(REMOTE_ADDR="192.0.2.8")).status_code == 302


def test_signing_in_forgives_what_was_wrong_before(eva: User) -> None:
    fail(4)
    assert sign_in(Client(REMOTE_ADDR="192.0.2.7")).status_code == 302
    assert fail(4).status_code == 200


def test_nothing_that_was_typed_is_kept(eva: User) -> None:
    Client().post(LOGIN, {"username": "eva", "password": "hemligt-ord", "code": "123456"})
    assert "hemligt-ord" not in str(list(AccessAttempt.objects.values()))
    assert "123456" not in str(list(AccessAttempt.objects.values()))


def test_an_operator_unlocks_after_being_asked(eva: User) -> None:
    fail(5)
    admin = Client()
    admin.force_login(eva)
    page = admin.get("/admin/sign_in/failedsignin/").content.decode()
    assert "Locked out" in page
    chosen = {"action": "unlock_chosen", "_selected_action": [AccessAttempt.objects.get().pk]}
    assert admin.post("/admin/sign_in/failedsignin/", chosen).status_code == 200
    assert fail(1).status_code == 429
    admin.post("/admin/sign_in/failedsignin/", {**chosen, "confirmed": "yes"})
    assert sign_in(Client(REMOTE_ADDR="192.0.2.7")).status_code == 302
    (entry,) = Change.objects.filter(kind="unlocked")
    assert (entry.object_id, entry.user_name) == (eva.pk, "eva")


def test_who_may_only_look_unlocks_nobody(eva: User) -> None:
    fail(5)
    clerk = UserFactory.create(is_staff=True)
    give(clerk, "sign_in.view_failedsignin")
    client = Client()
    client.force_login(clerk)
    assert client.get("/admin/sign_in/failedsignin/").status_code == 200
    chosen = {"action": "unlock_chosen", "_selected_action": [AccessAttempt.objects.get().pk], "confirmed": "yes"}
    client.post("/admin/sign_in/failedsignin/", chosen)
    assert fail(1).status_code == 429


def test_the_command_unlocks(eva: User) -> None:
    fail(5)
    call_command("axes_reset")
    assert sign_in(Client(REMOTE_ADDR="192.0.2.7")).status_code == 302


def test_failures_that_no_longer_count_are_forgotten(eva: User) -> None:
    fail(3)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    remove_old()
    assert not AccessAttempt.objects.exists()


# Two factors


def test_the_second_factor_is_turned_on_with_the_apps_first_code(eva: User) -> None:
    client, elsewhere = Client(), Client()
    client.force_login(eva)
    elsewhere.force_login(eva)
    page = client.get(f"{MINE}turn-on/").content.decode()
    assert "<svg" in page
    assert client.post(f"{MINE}turn-on/", {"code": "000000"}).status_code == 200
    assert not second_factor.is_on(eva)
    TOTPDevice.objects.update(throttling_failure_count=0)
    answer = client.post(f"{MINE}turn-on/", {"code": app_code(eva)})
    codes = re.findall(r"<code>([a-z0-9-]{14})</code>", answer.content.decode())
    assert len(set(codes)) == 10
    assert "no-store" in answer["Cache-Control"]
    assert is_in(client)
    assert not is_in(elsewhere)
    assert client.get(MINE).content.decode().count(codes[0]) == 0
    assert Change.objects.filter(kind="second_factor_on", object_id=eva.pk).count() == 1


def test_neither_secret_nor_codes_stand_in_any_table(eva: User) -> None:
    client = Client()
    client.force_login(eva)
    page = client.get(f"{MINE}turn-on/").content.decode()
    (key,) = re.findall(r'setup-key">([A-Z2-7 ]+)<', page)
    answer = client.post(f"{MINE}turn-on/", {"code": app_code(eva)})
    codes = re.findall(r"<code>([a-z0-9-]{14})</code>", answer.content.decode())
    kept = [
        *TOTPDevice.objects.values(),
        *StaticToken.objects.values(),
        *Change.objects.values(),
        *(session.get_decoded() for session in Session.objects.all()),
    ]
    assert key.replace(" ", "") not in str(kept)
    assert TOTPDevice.objects.get().key != Authenticator.objects.get().bin_key.hex()
    for code in codes:
        assert code not in str(kept)
        assert code.replace("-", "") not in str(kept)


def test_a_password_alone_opens_nothing_then(eva: User) -> None:
    enrol(eva)
    client = Client()
    answer = sign_in(client)
    assert answer["Location"] == f"{CODE}?next=%2Fadmin%2Fledger%2Fvoucher%2F"
    assert not is_in(client)
    assert "eva" in client.get(answer["Location"]).content.decode()
    code = app_code(eva)
    done = client.post(answer["Location"], {"code": f"{code[:3]} {code[3:]}"})
    assert done["Location"] == "/admin/ledger/voucher/"
    assert is_in(client)
    assert OpenSession.objects.get(user=eva).method == "code"


def test_a_code_is_taken_once(eva: User) -> None:
    enrol(eva)
    code = app_code(eva)
    first, second = Client(), Client()
    sign_in(first)
    sign_in(second)
    assert first.post(CODE, {"code": code}).status_code == 302
    assert second.post(CODE, {"code": code}).status_code == 200
    assert not is_in(second)


def test_a_recovery_code_is_taken_once_however_it_is_typed(eva: User) -> None:
    codes = enrol(eva)
    first, second = Client(), Client()
    sign_in(first)
    sign_in(second)
    assert first.post(CODE, {"code": codes[3].upper().replace("-", " ")}).status_code == 302
    assert is_in(first)
    assert second.post(CODE, {"code": codes[3]}).status_code == 200
    assert second_factor.codes_left(eva) == 9
    (used,) = Change.objects.filter(kind="recovery_code_used")
    assert (used.user_name, used.address, used.changes) == ("eva", "127.0.0.1", {"recovery_codes_left": [None, 9]})


def test_wrong_codes_make_the_next_wait_and_lock_out(eva: User) -> None:
    enrol(eva)
    with freeze_time(timezone.now(), tick=False) as clock:
        client = Client()
        sign_in(client)
        client.post(CODE, {"code": "000000"})
        at_once = client.post(CODE, {"code": app_code(eva)})
        assert "Wait" in at_once.content.decode()
        assert not is_in(client)
        for _ in range(3):
            clock.tick(timedelta(seconds=40))
            assert client.post(CODE, {"code": "000000"}).status_code == 200
        clock.tick(timedelta(seconds=40))
        assert client.post(CODE, {"code": "000000"}).status_code == 429
        clock.tick(timedelta(seconds=60))
        assert client.post(CODE, {"code": app_code(eva)}).status_code == 429
        assert sign_in(Client()).status_code == 429


def test_halfway_in_ends_after_ten_minutes_and_with_the_password(eva: User) -> None:
    enrol(eva)
    with freeze_time(timezone.now(), tick=False) as clock:
        client = Client()
        sign_in(client)
        clock.tick(timedelta(minutes=11))
        assert client.post(CODE, {"code": app_code(eva)})["Location"].startswith(LOGIN)
        sign_in(client)
        eva.set_password("ett-annat-lösenord")
        eva.save()
        assert client.post(CODE, {"code": app_code(eva)})["Location"].startswith(LOGIN)
        assert not is_in(client)


def test_turning_it_off_takes_the_password(eva: User) -> None:
    enrol(eva)
    client = Client()
    client.force_login(eva)
    assert client.post(f"{MINE}turn-off/", {"password": "fel"}).status_code == 200
    assert second_factor.is_on(eva)
    assert client.post(f"{MINE}turn-off/", {"password": PASSWORD}).status_code == 302
    assert not second_factor.is_on(eva)
    assert is_in(client)
    assert Change.objects.filter(kind="second_factor_off").count() == 1


def test_nobody_guesses_the_password_in_a_browser_that_was_left_open(eva: User) -> None:
    enrol(eva)
    client = Client()
    client.force_login(eva)
    answers = [client.post(f"{MINE}turn-off/", {"password": "fel"}).status_code for _ in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    assert client.post(f"{MINE}turn-off/", {"password": PASSWORD}).status_code != 302
    assert second_factor.is_on(eva)


def test_the_command_resets_the_second_factor_of_the_last_superuser(eva: User) -> None:
    enrol(eva)
    call_command("reset_second_factor", "eva")
    assert not second_factor.is_on(eva)
    assert Change.objects.get(kind="second_factor_off").via == "reset_second_factor"


def test_new_recovery_codes_replace_the_old(eva: User) -> None:
    old = enrol(eva)
    client = Client()
    client.force_login(eva)
    page = client.post(f"{MINE}recovery-codes/", {"password": PASSWORD}).content.decode()
    new = re.findall(r"<code>([a-z0-9-]{14})</code>", page)
    assert len(new) == 10
    assert not set(new) & set(old)
    assert second_factor.codes_left(eva) == 10
    other = Client()
    sign_in(other)
    assert other.post(CODE, {"code": old[0]}).status_code == 200


@pytest.mark.parametrize(("who", "is_asked"), [("everybody", True), ("superusers", False), ("optional", False)])
def test_a_setting_can_require_it(who: str, is_asked: bool) -> None:
    clerk = UserFactory.create(username="clerk", is_staff=True)
    client = Client()
    client.force_login(clerk)
    with override_settings(UTKORG_TWO_FACTOR=who):
        answer = client.get("/admin/my-settings/?x=1")
        assert (answer.status_code == 302) == is_asked
        if is_asked:
            assert answer["Location"] == f"{MINE}turn-on/?next=%2Fadmin%2Fmy-settings%2F%3Fx%3D1"
            client.get(answer["Location"])
            page = client.post(answer["Location"], {"code": app_code(clerk), "next": "/admin/my-settings/?x=1"})
            assert 'action="/admin/my-settings/?x=1"' in page.content.decode()
            assert is_in(client)


@override_settings(UTKORG_TWO_FACTOR="superusers")
def test_required_of_superusers_and_never_turned_off(eva: User) -> None:
    client = Client()
    client.force_login(eva)
    assert client.get("/admin/")["Location"].startswith(f"{MINE}turn-on/")
    enrol(eva)
    client.force_login(eva)  # without a code
    assert client.get("/admin/")["Location"].startswith(CODE)
    assert client.post(CODE, {"code": app_code(eva)}).status_code == 302
    assert client.get("/admin/").status_code == 200
    client.post(f"{MINE}turn-off/", {"password": PASSWORD})
    assert second_factor.is_on(eva)


def test_an_administrator_resets_anothers_and_is_asked_first(eva: User) -> None:
    lost = person("lars")
    enrol(lost)
    theirs, admin = Client(), Client()
    theirs.force_login(lost)
    admin.force_login(eva)
    page = f"/admin/auth/user/{lost.pk}/two-factor/"
    assert "lars" in admin.get(page).content.decode()
    assert second_factor.is_on(lost)
    assert admin.post(page).status_code == 302
    assert not second_factor.is_on(lost)
    assert not is_in(theirs)
    (entry,) = Change.objects.filter(kind="second_factor_off")
    assert (entry.object_id, entry.user_name) == (lost.pk, "eva")


def test_nobody_resets_a_superusers_without_being_one(eva: User) -> None:
    enrol(eva)
    clerk = UserFactory.create(is_staff=True)
    give(clerk, "auth.change_user", "auth.view_user")
    client = Client()
    client.force_login(clerk)
    assert client.post(f"/admin/auth/user/{eva.pk}/two-factor/").status_code in {403, 404}
    assert second_factor.is_on(eva)
