"""Many keys and grants: what checking an accounting office's key costs, as a share of the `pending` call it opens."""

import time
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import Permission, User
from django.db.models import Model

from access.add_on import activate
from access.models import AccessTemplate, ApiKey, Application, ClientAccess, ClientGrant, KeyKind, Membership, Office
from access.rights import effective_rights
from access.services import authenticate_key, create_key
from config.bench.databases import execute
from config.bench.figures import Figure, interleaved
from config.bench.http import Client
from config.bench.sizes import Sizes
from information_types import registry
from ledger.models import Company
from subscriptions.models import Resync
from subscriptions.services import Wish, create_subscription

INTEGRATION = "OFFICE"
CLIENTS, KEYS, GRANTED = 100, 100, 20
"""An office's clients and keys, and to how many of its clients each key is granted a template."""
FETCH = "fetch_outbox"

GRANT = """
    insert into access_clientgrant (key_id, company_id, template_id)
    select key.id, client.company_id, %(template)s
    from access_apikey key
    cross join lateral (
        select company_id from access_clientaccess client
        where client.office_id = key.office_id order by company_id limit %(granted)s
    ) client
"""


def measure(sizes: Sizes, port: int) -> Iterator[Figure]:
    """Authentication and rights, beside the whole call."""
    text = make(sizes.offices)
    client = Client(port, text)

    def checked() -> float:
        start = time.perf_counter()
        effective_rights(authenticate_key(text))
        return (time.perf_counter() - start) * 1000

    call, check = interleaved(
        sizes.rounds * sizes.requests,
        baseline=lambda: client.seconds(f"/api/v1/pending?integration_id={INTEGRATION}") * 1000,
        figure=checked,
    )
    yield Figure(
        name="rights_of_pending",
        value=check,
        unit="ms",
        baseline=f"the whole call, with {sizes.offices * KEYS} keys and {sizes.offices * KEYS * GRANTED} grants",
        baseline_value=call,
        goal=0.5,
        at_most=True,
    )


def make(offices: int) -> str:
    """Make offices with their clients, people, keys and grants, and return the text of one office's key."""
    owner, office = User.objects.create_user("office"), _company("office")
    application = Application.objects.create(name="Office software", supports_office_keys=True)
    first = Office.objects.create(name="Office", company=office)
    membership = Membership.objects.create(user=owner, office=first)
    membership.permissions.set(Permission.objects.filter(content_type__app_label="subscriptions"))
    activate(office=first, by=User.objects.create_superuser("account"))
    key, text = create_key(owner=owner, application=application, name="Key", kind=KeyKind.OFFICE, office=first)

    companies = _multiply(office, offices - 1, number="'o' || n")
    others = _multiply(first, offices - 1, company_id=_nth(companies))
    every = [first.pk, *others]
    office_of_client = _nth(every, times=CLIENTS, after=1)
    clients = _multiply(office, offices * CLIENTS, number="'c' || n")
    access = ClientAccess.objects.create(office=first, company_id=clients[0])
    _multiply(access, len(clients) - 1, company_id=_nth(clients, after=1), office_id=office_of_client)
    users = _multiply(owner, offices * KEYS, username="'user' || n")
    memberships = _multiply(membership, len(users), user_id=_nth(users), office_id=_nth(every, times=KEYS))
    _give(membership, memberships)
    _multiply(
        key,
        len(users) - 1,
        office_id=_nth(every, times=KEYS, after=1),
        owner_id=_nth(users, after=1),
        public_id="lpad(n::text, 12, '0')",
    )
    template = AccessTemplate.objects.create(name="Fetches")
    template.permissions.set(Permission.objects.filter(codename=FETCH))
    execute(GRANT, {"template": template.pk, "granted": GRANTED})
    _subscribe(application, first)
    for model in (Company, User, Office, Membership, ClientAccess, ApiKey, ClientGrant):
        execute(f"analyze {model._meta.db_table}")
    return text


def _subscribe(application: Application, office: Office) -> None:
    types = [registry.get("customers")]
    wish = Wish(name=INTEGRATION, application=application, information_types=types, office=office)
    subscription = create_subscription(integration_id=INTEGRATION, wish=wish)
    Resync.objects.filter(subscription=subscription).delete()


def _company(number: str) -> Company:
    return Company.objects.create(number=number, name=number)


def _give(membership: Membership, others: list[int]) -> None:
    execute(
        """insert into access_membership_permissions (membership_id, permission_id)
           select other, permission_id from access_membership_permissions, unnest(%(others)s::bigint[]) other
           where membership_id = %(known)s""",
        {"others": others, "known": membership.pk},
    )


def _nth(keys: list[int], *, times: int = 1, after: int = 0) -> str:
    """SQL for the key of row `n` (from 1): each of them so many `times`, those before `after` left out."""
    return f"('{{{','.join(map(str, keys))}}}'::bigint[])[1 + (n - 1 + {after}) / {times}]"


def _multiply(row: Model, count: int, **columns: str) -> list[int]:
    """Copy a row so many times, other in these columns (SQL, where `n` counts from 1); return the keys."""
    model: Any = type(row)
    names = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    before = model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    execute(
        f"""insert into {model._meta.db_table} ({", ".join(f'"{name}"' for name in names)})
            select {", ".join(columns.get(name, f'known."{name}"') for name in names)}
            from {model._meta.db_table} known, generate_series(1, {count}) n where known.id = {row.pk}"""
    )
    return list(model.objects.filter(pk__gt=before).order_by("pk").values_list("pk", flat=True))
