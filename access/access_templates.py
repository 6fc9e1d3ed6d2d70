"""Access templates: those that are delivered, those that somebody makes, and whom a change concerns."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Count, Model, Q
from django.utils.translation import gettext_noop

from access.belonging import is_of_companies, permissions_of_model
from access.exceptions import TemplateInUse
from access.models import AccessTemplate, ClientGrant, Office
from information_types import registry

# An office decides on them at its own screens; no integration does by a template.
OF_NO_TEMPLATE = frozenset({"access", "history"})
FETCHES = (
    "ledger.view_company",
    "subscriptions.view_subscription",
    "subscriptions.fetch_outbox",
    "onetime_transfer.view_transfer",
    "onetime_transfer.add_transfer",
)
APPROVES_HOURS = "timesheets.approve_timetransaction"
HOURS_CATEGORIES = "timesheets.view_timecategory"
BOOKKEEPING = ("ledger.account", "ledger.dimensionvalue", "ledger.voucher", "ledger.ledgerentry")


@dataclass(frozen=True)
class Use:
    """How much a template is used: by how many keys, for how many clients."""

    keys: int
    clients: int

    def __bool__(self) -> bool:
        return self.keys > 0


def models_of_templates() -> list[type[Model]]:
    """Return the kinds of rows that a template can say something of, each once."""
    found = (model._meta.concrete_model or model for model in apps.get_models())
    own = (model for model in found if model._meta.app_label not in OF_NO_TEMPLATE and is_of_companies(model))
    return [model for model in dict.fromkeys(own) if permissions_of_model(model)]


def permissions_to_choose() -> Q:
    """Return the condition for the permissions that a template may hold."""
    chosen = Q(pk__in=[])
    for model in models_of_templates():
        meta = model._meta
        chosen |= Q(content_type__app_label=meta.app_label, content_type__model=meta.model_name)
    return chosen


def delivered() -> dict[str, frozenset[str]]:
    """Return the permissions of the templates that every installation has, by name."""
    every = frozenset(name for model in models_of_templates() for name in _names(model))
    looks = frozenset(name for name in every if name.partition(".")[2].startswith("view_"))
    found = {
        gettext_noop("Read everything"): looks,
        gettext_noop("Read and write everything"): every,
        gettext_noop("Fetch the outbox"): every & frozenset(FETCHES),
        gettext_noop("Bookkeeping, read and write"): _of_group("bookkeeping", also=BOOKKEEPING) | _views("ledger"),
        gettext_noop("Invoices, read and write"): _of_group("partners") | _of_group("invoices"),
        # People approve hours; an integration that may is given that by a template of its own.
        gettext_noop("Hours, read and write"): (_of_group("time") - {APPROVES_HOURS}) | (every & {HOURS_CATEGORIES}),
    }
    return {
        name: permissions | frozenset({"ledger.view_company"}) for name, permissions in found.items() if permissions
    }


@cache
def delivered_names() -> frozenset[str]:
    """Return the names of the templates that the program itself keeps."""
    return frozenset(delivered())


def is_kept_by_program(template: AccessTemplate) -> bool:
    """Tell whether a template is one of those delivered: nobody changes it, everybody may copy it."""
    return template.office_id is None and template.name in delivered_names()


@transaction.atomic
def deliver(*, using: str) -> None:
    """Make the delivered templates as they are in this version of the program; write only what differs."""
    wanted = delivered()
    known = {
        f"{app}.{codename}": pk
        for pk, app, codename in Permission.objects.using(using).values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    present = {
        template.name: template for template in AccessTemplate.objects.using(using).filter(office=None, name__in=wanted)
    }
    for name, permissions in wanted.items():
        template = present.get(name) or AccessTemplate.objects.using(using).create(name=name)
        template.permissions.set(sorted(known[permission] for permission in permissions if permission in known))


@transaction.atomic
def copy_template(*, template: AccessTemplate, name: str, office: Office | None) -> AccessTemplate:
    """Make an office's own template of another one."""
    made = AccessTemplate.objects.create(name=name, office=office)
    made.permissions.set(template.permissions.all())
    return made


def use_of(template: AccessTemplate) -> Use:
    """Tell how much a template is used."""
    found = ClientGrant.objects.filter(template=template).aggregate(
        keys=Count("key", distinct=True), clients=Count("company", distinct=True)
    )
    return Use(**found)


@transaction.atomic
def delete_template(*, template: AccessTemplate) -> None:
    """Delete a template. Raises TemplateInUse while a key has access by it."""
    AccessTemplate.objects.select_for_update().get(pk=template.pk)
    grants = ClientGrant.objects.filter(template=template)
    if keys := list(grants.order_by("key__name").values_list("key__application__name", "key__name").distinct()[:5]):
        raise TemplateInUse([f"{application}: {name}" for application, name in keys], use_of(template).clients)
    template.delete()


def _names(model: type[Model]) -> Iterator[str]:
    return (f"{model._meta.app_label}.{codename}" for codename in permissions_of_model(model))


def _views(app: str) -> frozenset[str]:
    models = (model for model in models_of_templates() if model._meta.app_label == app)
    return frozenset(f"{app}.view_{model._meta.model_name}" for model in models)


def _of_group(group: str, also: Iterable[str] = ()) -> frozenset[str]:
    """All rights to the registers of a group of information types, and to the models named beside."""
    models = {known.model for known in registry.all_types() if known.group == group}
    models |= {apps.get_model(name) for name in also}
    return frozenset(name for model in models for name in _names(model))
