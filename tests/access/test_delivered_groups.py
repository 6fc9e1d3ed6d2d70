"""The groups that every installation is given, and what becomes of an installation's own changes of them."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client
from django.utils import translation

from access import delivered_groups
from access.models import DeliveredGroup
from tests import factories

pytestmark = pytest.mark.django_db


def names_of(name: str) -> set[str]:
    found = Group.objects.get(name=name).permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in found}


def test_every_installation_has_them() -> None:
    for delivery in delivered_groups.DELIVERIES:
        assert names_of(delivery.name) == delivery.permissions
    assert names_of("Operator") == delivered_groups.FOLLOWED
    assert "history.view_change" in names_of("Auditor")
    assert {name.partition(".")[2].partition("_")[0] for name in names_of("Auditor")} == {"view"}
    assert {"subscriptions.fetch_outbox", "ledger.view_voucher"} <= names_of("Integrator")
    assert {"timesheets.use_time_api", "timesheets.view_timetransaction"} <= names_of("Integrator")
    assert not {"ledger.change_voucher", "timesheets.approve_timetransaction"} & names_of("Integrator")
    assert {"ledger.change_voucher", "access.view_apikey"} <= names_of("Finance administrator")
    assert "access.administer_users" not in names_of("Finance administrator")
    assert {"access.administer_users", "access.change_clientgrant"} <= names_of("Account administrator")


def test_a_right_to_users_and_the_like_is_in_none() -> None:
    for delivery in delivered_groups.DELIVERIES:
        assert not {name for name in names_of(delivery.name) if name.startswith("auth.")}


def test_what_an_installation_changes_of_them_stays() -> None:
    auditor, extra = Group.objects.get(name="Auditor"), factories.permission("ledger.change_voucher")
    taken = factories.permission("ledger.view_voucher")
    auditor.permissions.add(extra)
    auditor.permissions.remove(taken)
    auditor.name = "Revisorer"
    auditor.save()
    Group.objects.get(name="Operator").delete()
    delivered_groups.deliver(using="default")
    assert {extra} <= set(auditor.permissions.all())
    assert taken not in auditor.permissions.all()
    assert not Group.objects.filter(name__in=["Auditor", "Operator"]).exists()


def test_what_is_new_to_a_rule_comes_and_what_is_gone_goes() -> None:
    auditor, record = Group.objects.get(name="Auditor"), DeliveredGroup.objects.get(key="auditor")
    new, gone = factories.permission("ledger.view_voucher"), factories.permission("ledger.change_voucher")
    auditor.permissions.remove(new)
    auditor.permissions.add(gone)
    record.permissions.remove(new)
    record.permissions.add(gone)
    delivered_groups.deliver(using="default")
    assert new in auditor.permissions.all()
    assert gone not in auditor.permissions.all()


def test_a_group_of_ones_own_by_the_same_name_is_left_alone() -> None:
    DeliveredGroup.objects.filter(key="auditor").delete()
    own = Group.objects.get(name="Auditor")
    own.permissions.clear()
    delivered_groups.deliver(using="default")
    assert not own.permissions.exists()
    assert Group.objects.get(name="Auditor (Utkorg)").permissions.exists()


def test_migrating_delivers_them() -> None:
    DeliveredGroup.objects.all().delete()
    Group.objects.all().delete()
    call_command("migrate", verbosity=0)
    assert Group.objects.count() == len(delivered_groups.DELIVERIES)


def test_their_names_are_read_in_ones_own_language() -> None:
    client = Client()
    client.force_login(factories.SuperuserFactory.create())
    page = client.get("/admin/auth/group/", headers={"accept-language": "sv"}).content.decode()
    assert "Ekonomiadministratör" in page
    with translation.override("nb"):
        assert str(Group.objects.get(name="Auditor")) == "Revisor"
        assert str(Group(name="Våra läsare")) == "Våra läsare"
    assert Permission.objects.exists()
