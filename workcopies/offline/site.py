"""The admin over a working copy: the registers' pages without what only a server has."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.urls import URLPattern
from unfold.sites import UnfoldAdminSite

from access.scope import reach_of
from ledger.models import Company

# Who works here has signed in nowhere, so there is nothing to sign out of.
NOT_HERE = frozenset({"login", "logout", "password_change", "password_change_done", "view_on_site", "search"})
NOT_OF_ROWS = ("_history", "ledger_import_sie")


class OfflineAdmin:
    """Mixed in before the admin of each register."""

    list_before_template = None

    def get_urls(self) -> list[URLPattern]:
        """Without the addresses whose pages ask tables of the server."""
        urls: list[URLPattern] = super().get_urls()  # type: ignore[misc]
        return [url for url in urls if not str(url.name or "").endswith(NOT_OF_ROWS)]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """What refers to a row that wasn't checked out stays as it is: no form could show it."""
        found: list[str] = super().get_readonly_fields(request, obj)  # type: ignore[misc]
        return [*found, *_left_behind(obj)] if obj is not None else [*found]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The company, where there is one alone that a new row can be of."""
        given: dict[str, Any] = super().get_changeform_initial_data(request)  # type: ignore[misc]
        opts = self.opts  # type: ignore[attr-defined]
        possible = reach_of(request.user, f"{opts.app_label}.add_{opts.model_name}")
        found = Company.objects.filter(possible.of(Company))[:2]
        return {"company": found[0].pk, **given} if len(found) == 1 else given

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """Without the company, where the copy is of one."""
        found = super().get_list_filter(request)  # type: ignore[misc]
        if len(Company.objects.all()[:2]) > 1:
            return [*found]
        return [one for one in found if not (isinstance(one, tuple) and str(one[0]).endswith("company"))]

    def log_addition(self, *_arguments: Any, **_options: Any) -> None:
        """The comparison with the base tells what was changed."""

    log_change = log_deletions = note_export = log_addition


class OfflineSite(UnfoldAdminSite):  # type: ignore[misc]
    """Registers as usual, and shows what there is in a working copy."""

    enable_nav_sidebar = True

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register a model with the admin that it has on the server, as it is here."""
        here = type(admin_class.__name__, (OfflineAdmin, admin_class), {"__module__": admin_class.__module__})
        super().register(model_or_iterable, here, **options)

    def has_permission(self, _request: HttpRequest) -> bool:
        """Whoever has the file may look at it."""
        return True

    def get_urls(self) -> list[Any]:
        """Without signing in and out."""
        return [url for url in super().get_urls() if getattr(url, "name", None) not in NOT_HERE]


def _left_behind(row: Model) -> Iterable[str]:
    for field in _references(row):
        target, key = field.related_model, getattr(row, field.attname)
        if key is not None and not field.is_cached(row) and not target._base_manager.filter(pk=key).exists():
            yield field.name


def _references(row: Model) -> list[Any]:
    return [field for field in row._meta.concrete_fields if field.many_to_one]
