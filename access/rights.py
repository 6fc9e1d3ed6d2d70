"""What a key or a person may do, where, and why: every view, list and task asks here.

Each factor (the key itself, its owner, for an office's key the office, the client's switch and the template) says
what it allows, as a union of allowances; the rights are what all factors allow. Permissions are Django's, written
``app.codename``; companies are database ids; ``None`` means "doesn't limit". Nothing is cached beyond a request.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.contrib.auth.models import AnonymousUser, Permission, User
from django.db import connection
from django.db.models import Model, QuerySet

from access.belonging import installation_permissions
from access.models import ApiKey, KeyKind, KeyRights, Office
from ledger.models import Company


class Factor(StrEnum):
    """Who has a say in what a key may do."""

    KEY = "key"
    OWNER = "owner"
    OFFICE = "office"
    SWITCH = "switch"
    TEMPLATE = "template"


@dataclass(frozen=True)
class Allowance:
    """Some permissions for some companies; `of_installation`: also for what belongs to no company."""

    permissions: frozenset[str] | None = None
    companies: frozenset[int] | None = None
    of_installation: bool = False

    def concerns(self, permission: str) -> bool:
        """Tell whether this lets `permission` through somewhere."""
        if self.permissions is not None and permission not in self.permissions:
            return False
        return self.of_installation if permission in installation_permissions() else self.companies != frozenset()

    def reaches(self, company: int) -> bool:
        """Tell whether this is for a company."""
        return self.companies is None or company in self.companies


@dataclass(frozen=True)
class Grant:
    """What one factor allows: all that any of its allowances does."""

    factor: Factor
    allowances: tuple[Allowance, ...] = ()

    def allows(self, permission: str, *, company: int | None = None) -> bool:
        """Tell whether this factor lets `permission` through: for `company`, or anywhere if none is named."""
        return any(one.concerns(permission) and (company is None or one.reaches(company)) for one in self.allowances)

    def companies_with(self, permission: str) -> frozenset[int] | None:
        """Return the companies for which this factor lets `permission` through; None for all."""
        return _union(one.companies for one in self.allowances if one.concerns(permission))

    @property
    def visible(self) -> frozenset[int] | None:
        """The companies for which this factor allows anything, or could."""
        return _union(one.companies for one in self.allowances)


@dataclass(frozen=True)
class Rights:
    """What all factors together allow: never more than any one of them."""

    grants: tuple[Grant, ...]

    def may(self, permission: str, *, company: int | None = None) -> bool:
        """Tell whether `permission` is allowed: for `company`, or somewhere if none is named."""
        if not self.grants or self.refused_by(permission, company=company):
            return False
        return (
            company is not None
            or permission in installation_permissions()
            or self.companies_with(permission) != frozenset()
        )

    def refused_by(self, permission: str, *, company: int | None = None) -> tuple[Factor, ...]:
        """Return the factors that say no, in order; empty if none does."""
        return tuple(grant.factor for grant in self.grants if not grant.allows(permission, company=company))

    def companies_with(self, permission: str) -> frozenset[int] | None:
        """Return the companies for which `permission` is allowed; None for all of the installation."""
        return _intersection(grant.companies_with(permission) for grant in self.grants) if self.grants else frozenset()

    @property
    def visible(self) -> frozenset[int] | None:
        """The companies that may be known of, whatever may be done with them; None for all of the installation."""
        return _intersection(grant.visible for grant in self.grants) if self.grants else frozenset()

    def permissions_for(self, company: int | None, known: Iterable[str]) -> list[str]:
        """Return those of the `known` permissions that are allowed for a company."""
        return [permission for permission in known if self.may(permission, company=company)]


def effective_rights(key: ApiKey) -> Rights:
    """Return what `key` may do now, as everything stands in this moment.

    `key` is read with its owner. At most two queries, whatever the number of keys, people, clients and grants.
    """
    rows = _permission_rows(user=key.owner, key=key)
    owner = _grant_of(key.owner, rows, key=key)
    if key.kind == KeyKind.OFFICE:
        return Rights((_grant_of_key(key, rows, companies=None), owner, *_grants_of_clients(key)))
    companies = None if key.company_id is None else frozenset((key.company_id,))
    return Rights((_grant_of_key(key, rows, companies=companies), owner))


def rights_of(user: User | AnonymousUser) -> Rights:
    """Return what a person may do now; one query, none for a superuser."""
    if not isinstance(user, User):
        return Rights((Grant(Factor.OWNER),))
    return Rights((_grant_of(user, [] if user.is_superuser else _permission_rows(user=user)),))


def permissions_at(user: User, *, office: Office | None = None, company: Company | None = None) -> QuerySet[Permission]:
    """Return the permissions that a person has now as a member of an office or a company; of neither, anywhere."""
    if not user.is_active:
        return Permission.objects.none()
    if user.is_superuser:
        return Permission.objects.all()
    rows = _permission_rows(user=user)
    mine = [row for row in rows if _is_at(row, office=_pk(office), company=_pk(company))]
    return Permission.objects.filter(pk__in={pk for row in mine for pk in row.permission_ids})


def names_at(user: User, *, office: Office | None = None, company: Company | None = None) -> frozenset[str] | None:
    """Return the names (``app.codename``) of what `permissions_at` returns; None for all. One query at most."""
    if not user.is_active:
        return frozenset()
    if user.is_superuser:
        return None
    rows = _permission_rows(user=user)
    mine = (row for row in rows if _is_at(row, office=_pk(office), company=_pk(company)))
    return frozenset(name for row in mine for name in row.names)


# Where permissions come from


@dataclass(frozen=True)
class _Row:
    """The permissions of one membership, of the person themself (`source` "user"), or of the key ("key")."""

    source: str
    office: int | None
    company: int | None
    own_company: int | None
    clients: Sequence[int]
    permission_ids: Sequence[int]
    names: Sequence[str]


# Each by index: a person's memberships, their links; an office's clients.
_PERMISSIONS = """
with link as (
    select 'membership' as source, membership.id, link.permission_id
    from access_membership membership join access_membership_permissions link on link.membership_id = membership.id
    where membership.user_id = %(user)s and membership.ended_at is null
    union
    select 'membership', membership.id, link.permission_id
    from access_membership membership
    join access_membership_groups member on member.membership_id = membership.id
    join auth_group_permissions link on link.group_id = member.group_id
    where membership.user_id = %(user)s and membership.ended_at is null
    union
    select 'user', 0, link.permission_id from auth_user_user_permissions link where link.user_id = %(user)s
    union
    select 'user', 0, link.permission_id
    from auth_user_groups member join auth_group_permissions link on link.group_id = member.group_id
    where member.user_id = %(user)s
    union
    select 'key', 0, link.permission_id from access_apikey_permissions link where link.apikey_id = %(key)s
), named as (
    select link.source, link.id, array_agg(permission.id) as ids,
        array_agg(content_type.app_label || '.' || permission.codename) as names
    from link
    join auth_permission permission on permission.id = link.permission_id
    join django_content_type content_type on content_type.id = permission.content_type_id
    group by link.source, link.id
), place as (
    select 'membership' as source, membership.id, membership.office_id, membership.company_id,
        office.company_id as own_company_id,
        case when %(clients)s then array(
            select client.company_id from access_clientaccess client where client.office_id = membership.office_id
        ) else array[]::bigint[] end as clients
    from access_membership membership left join access_office office on office.id = membership.office_id
    where membership.user_id = %(user)s and membership.ended_at is null
    union all
    select source, 0, null, null, null, array[]::bigint[] from (values ('user'), ('key')) other (source)
)
select place.source, place.office_id, place.company_id, place.own_company_id, place.clients,
    coalesce(named.ids, array[]::integer[]), coalesce(named.names, array[]::text[])
from place left join named on named.source = place.source and named.id = place.id
"""


def _permission_rows(*, user: User, key: ApiKey | None = None) -> list[_Row]:
    # The clients of an office's key are read with what it is granted for each.
    values = {"user": user.pk, "key": _pk(key), "clients": key is None or key.kind != KeyKind.OFFICE}
    with connection.cursor() as cursor:
        cursor.execute(_PERMISSIONS, values)
        return [_Row(*row) for row in cursor.fetchall()]


def _grant_of_key(key: ApiKey, rows: list[_Row], *, companies: frozenset[int] | None) -> Grant:
    names = None
    if key.rights != KeyRights.ALL:
        names = frozenset(name for row in rows if row.source == "key" for name in row.names)
    is_bound = key.kind == KeyKind.OFFICE or companies is not None
    return Grant(Factor.KEY, (Allowance(names, companies, of_installation=not is_bound),))


def _grant_of(user: User, rows: list[_Row], *, key: ApiKey | None = None) -> Grant:
    """What a person may do; with a key, what counts of it at the place that the key is of."""
    if not user.is_active:
        return Grant(Factor.OWNER)
    if user.is_superuser:
        return Grant(Factor.OWNER, (Allowance(of_installation=True),))
    return Grant(Factor.OWNER, tuple(_allowance(row, key) for row in rows if _counts(row, key)))


def _counts(row: _Row, key: ApiKey | None) -> bool:
    if key is None:
        return row.source != "key"
    return _is_at(row, office=key.office_id, company=key.company_id)


def _is_at(row: _Row, *, office: int | None, company: int | None) -> bool:
    """Whether the row's permissions count at a place: an office, a company, or (neither) anywhere."""
    if row.source == "key":
        return False
    if office is None and company is None:
        return True
    if row.source == "user":
        return False
    if row.office is None and row.company is None:
        return True
    return row.office == office if office is not None else company in (row.company, row.own_company)


def _allowance(row: _Row, key: ApiKey | None) -> Allowance:
    names = frozenset(row.names)
    if row.source == "user":
        return Allowance(names, frozenset(), of_installation=True)
    if row.office is None and row.company is None:
        return Allowance(names, of_installation=True)
    if row.company is not None:
        return Allowance(names, frozenset((row.company,)))
    if key is not None and key.kind == KeyKind.OFFICE:
        return Allowance(names)  # which clients, the office, its clients' switches and the templates say
    own = [] if row.own_company is None else [row.own_company]
    return Allowance(names, frozenset((*row.clients, *own)))


# By index: an office's clients, each with what this key is granted for it; then the templates, each once.
_CLIENTS = """
with client as (
    select client.company_id, client.api_access, client_grant.template_id
    from access_clientaccess client
    join access_office office on office.id = client.office_id and office.company_id <> client.company_id
    left join access_clientgrant client_grant
        on client_grant.key_id = %(key)s and client_grant.company_id = client.company_id
    where client.office_id = %(office)s
)
select company_id, api_access, template_id, null::text[] from client
union all
select null, null, template.id, array(
    select content_type.app_label || '.' || permission.codename
    from access_accesstemplate_permissions link
    join auth_permission permission on permission.id = link.permission_id
    join django_content_type content_type on content_type.id = permission.content_type_id
    where link.accesstemplate_id = template.id
)
from (select distinct template_id as id from client where template_id is not null) template
"""


def _grants_of_clients(key: ApiKey) -> tuple[Grant, Grant, Grant]:
    """What the office, its clients' switches and the templates allow an office's key."""
    clients, switched_on = set(), set()
    granted: defaultdict[int, set[int]] = defaultdict(set)
    templates: dict[int, frozenset[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_CLIENTS, {"key": key.pk, "office": key.office_id})
        for company, api_access, template, names in cursor.fetchall():
            if company is None:
                templates[template] = frozenset(names)
                continue
            clients.add(company)
            if api_access:
                switched_on.add(company)
            if template is not None:
                granted[template].add(company)
    by_template = (Allowance(templates[pk], frozenset(companies)) for pk, companies in sorted(granted.items()))
    return (
        Grant(Factor.OFFICE, (Allowance(companies=frozenset(clients)),)),
        Grant(Factor.SWITCH, (Allowance(companies=frozenset(switched_on)),)),
        Grant(Factor.TEMPLATE, tuple(by_template)),
    )


def _pk(row: Model | None) -> int | None:
    return None if row is None else row.pk


def _union(parts: Iterable[frozenset[int] | None]) -> frozenset[int] | None:
    found: set[int] = set()
    for part in parts:
        if part is None:
            return None
        found |= part
    return frozenset(found)


def _intersection(parts: Iterable[frozenset[int] | None]) -> frozenset[int] | None:
    limits = [part for part in parts if part is not None]
    return frozenset.intersection(*limits) if limits else None
