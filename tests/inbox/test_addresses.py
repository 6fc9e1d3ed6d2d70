"""Addresses: hard to guess, found however they are written, and the old one works as long as was said."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inbox import addresses
from inbox.models import Portal
from tests.factories import CompanyFactory

pytestmark = pytest.mark.django_db


def test_switched_off_and_on_again_a_company_has_the_address_that_it_had() -> None:
    company = CompanyFactory.create(name="Övningsbolaget & Söner AB i Västra Frölunda")
    address = str(addresses.current(addresses.switch_on(company=company)))
    assert address.startswith("ovningsbolaget-soner-ab-")
    assert addresses.find(address) is not None
    addresses.switch_off(company=company)
    assert addresses.find(address) is None
    assert str(addresses.current(addresses.switch_on(company=company))) == address


def test_an_address_is_found_however_it_is_written(settings: Any) -> None:
    settings.UTKORG_MAIL_DOMAIN = "faktura.example.se"
    address = addresses.current(addresses.switch_on(company=CompanyFactory.create()))
    assert address
    for written in (str(address), str(address).upper(), f" {address.local_part}+order17@Faktura.Example.SE. "):
        assert addresses.find(written) == address
    for other in (
        address.local_part,
        f"{address.local_part}@elsewhere.se",
        f"x{address}",
        f"{address}@x.se",
        "@",
        "",
        f"\0{address}",
        f"å{address}",
    ):
        assert addresses.find(other) is None


def test_a_replaced_address_works_until_its_time() -> None:
    portal = addresses.switch_on(company=CompanyFactory.create())
    first = addresses.current(portal)
    second = addresses.replace(portal=portal, works_for=timedelta(days=30))
    assert addresses.current(portal) == second
    assert addresses.find(str(first)) == first
    portal.addresses.filter(pk=first.pk).update(works_until=timezone.now() - timedelta(seconds=1))  # type: ignore[union-attr]
    assert addresses.find(str(first)) is None
    third = addresses.replace(portal=portal, works_for=timedelta(0))
    assert addresses.find(str(second)) is None
    assert addresses.find(str(third)) == third
    assert Portal.objects.get().addresses.count() == 3


def test_a_company_that_is_not_active_takes_no_mail() -> None:
    company = CompanyFactory.create(active=False)
    assert addresses.find(str(addresses.current(addresses.switch_on(company=company)))) is None
