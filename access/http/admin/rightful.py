"""Forms that leave nothing where whoever fills them in may not: a POST is written by hand as easily as by a page."""

from typing import Any

from django import forms
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.auth import get_permission_codename
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from access import scope
from access.belonging import company_of, has_rule, is_of_companies, path_to_company

LACKING = _("You lack the right to do this in that company.")


class RightfulForm(ModelForm[Model]):
    """Mixed into every form of a register: checks the right in the company that the row is going to be of.

    A form of rows that are of companies by a rule of their own has `companies_meant`: the companies (ids) that the row
    is going to be of, None for all of the installation. `field_of_companies` is where a refusal is told, `lacking` how.
    One of rows that somebody may change for another reason than a right, such as their own, tells so by `is_rightful`.
    """

    asker: Any

    def _post_clean(self) -> None:
        """Check once the row is filled in, and before anything is asked of the database."""
        super()._post_clean()  # type: ignore[misc] # Django's, which has no types for it
        row = self.instance
        if self.errors or not is_of_companies(type(row)):
            return
        verb = "add" if row._state.adding else "change"
        permission = f"{row._meta.app_label}.{get_permission_codename(verb, row._meta)}"
        if not self._is_allowed(permission):
            lacking = getattr(self, "lacking", LACKING)
            self.add_error(self._field(), forms.ValidationError(lacking, code="foreign_company"))

    def _is_allowed(self, permission: str) -> bool:
        if is_rightful := getattr(self, "is_rightful", None):
            return bool(is_rightful())
        meant = getattr(self, "companies_meant", None)
        if meant is not None:
            return scope.may_of_new(self.asker, permission, meant())
        row: Any = self.instance
        if has_rule(type(row)) and not row._state.adding:
            return scope.may(self.asker, permission, row)
        # What is of an office is of the office's own company.
        company = company_of(row) or getattr(getattr(row, "office", None), "company_id", None)
        return scope.may_of_new(self.asker, permission, None if company is None else [company])

    def _field(self) -> str | None:
        """The field that says whose the row is, where the form has it."""
        named = getattr(self, "field_of_companies", None) or (path_to_company(type(self.instance)) or "").split("__")[0]
        return named if named in self.fields else None


class RightfulInline(InlineModelAdmin[Any, Any]):
    """Rows on the page of what they are part of: each right is asked for in that one's company."""

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """To look, or to change."""
        return self._has(request, "view", obj) or self._has(request, "change", obj)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """To add."""
        return self._has(request, "add", obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """To change."""
        return self._has(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """To delete."""
        return self._has(request, "delete", obj)

    def _has(self, request: HttpRequest, verb: str, obj: Model | None) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.{get_permission_codename(verb, self.opts)}", obj)
