"""Registers whose rows are made, changed and deleted by their services, whatever page it is."""

from typing import Any

from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest

from access.http.admin import RegisterAdmin
from ledger.services import rows


class StoringAdmin(RegisterAdmin):
    """A page whose form is handed to the register's service, which writes what was changed in it."""

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool) -> None:
        """Give the stored row what the form changed, or make a new one of it."""
        own = {field.name for field in self.opts.concrete_fields}
        values = {name: value for name, value in form.cleaned_data.items() if name in own}
        if not change:
            rows.create(row=obj, values=values)
            return
        stored = self.model._base_manager.select_for_update(of=("self",), no_key=True).get(pk=obj.pk)
        rows.change(row=stored, values={name: value for name, value in values.items() if name in form.changed_data})
        for field in self.opts.concrete_fields:
            setattr(obj, field.attname, getattr(stored, field.attname))

    def delete_by_service(self, obj: Model) -> None:
        """Delete it, unless others refer to it."""
        rows.delete(row=obj)
