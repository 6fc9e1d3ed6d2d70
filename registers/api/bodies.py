"""Bodies that write one row of a register: the fields of `data` by their names, read strictly. Source: CONTRACT §0, §2.

A field left out keeps its value, or has its usual one in a new row; null clears it. What names the row never changes.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any, ClassVar

from django.core.validators import EmailValidator, RegexValidator
from django.db import models
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction
from rest_framework import serializers

from access.http.openapi import JsonSchema
from access.http.parameters import BodySerializer, Day, Text, Truth, Whole
from registers.api.openapi import data_schema, name_of
from registers.register import COMPANIES, Register


class RegisterBody(BodySerializer):
    """A row of a register as asked for; bound to the register by `body_of`."""

    register: ClassVar[Register]
    is_change: ClassVar[bool] = False

    def get_fields(self) -> dict[str, Any]:
        """Return the fields that may be written."""
        return {name: self._field(name) for name in writable(self.register)}

    def _field(self, name: str) -> "serializers.Field[Any, Any, Any, Any]":
        if name == "company":
            return Text(required=not self.is_change)
        column = column_of(self.register, name)
        options: dict[str, Any] = {"required": not self.is_change and is_required(column)}
        if may_be_null(column):
            options["allow_null"] = True
        match column:
            case models.BooleanField():
                return Truth(**options)
            case models.DateField():
                return Day(**options)
            case models.IntegerField():
                return Whole(**options)
            case models.CharField() if column.choices:
                return serializers.ChoiceField(choices=column.flatchoices, **options)
            case models.CharField():
                return Text(max_length=column.max_length, allow_blank=column.blank, **options)
        raise TypeError(f"{column}: nothing says how a {type(column).__name__} is written.")


class CompanyChange(RegisterBody):
    """A change of a company, or of whether it takes invoices by mail."""

    register = COMPANIES
    is_change = True

    def get_fields(self) -> dict[str, Any]:
        """Return the fields that may be written."""
        return {**super().get_fields(), "invoice_portal": Truth(required=False)}


class RegisterBodySchema(OpenApiSerializerExtension):
    """The schema of such a body: that of `data`, without what isn't written."""

    target_class = RegisterBody
    match_subclasses = True

    def get_name(self, auto_schema: AutoSchema, direction: Direction) -> str:  # noqa: ARG002 (its signature)
        """Return the component's name."""
        return f"{name_of(self.target.register)}{'Change' if self.target.is_change else 'New'}"

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> JsonSchema:  # noqa: ARG002 (its signature)
        """Return the schema."""
        register, is_change = self.target.register, self.target.is_change
        shown = data_schema(register)["properties"]
        properties = {name: {**shown[name], **_form(register, name)} for name in writable(register)}
        properties |= {name: shown[name] for name in shown if name in self.target.fields and name not in properties}
        required = [] if is_change else [name for name in properties if _must_be_given(register, name)]
        schema = {"type": "object", "properties": properties, "additionalProperties": False}
        return schema | ({"required": required} if required else {})


@cache
def body_of(register: Register, *, is_change: bool = False) -> type[RegisterBody]:
    """Return the body of a new row, or of a change of one."""
    name = f"{name_of(register)}{'Change' if is_change else 'New'}"
    return type(name, (RegisterBody,), {"register": register, "is_change": is_change})


def writable(register: Register) -> Iterable[str]:
    """Yield the names of `data` that a body may hold; a change's may tell what names the row, as it is."""
    return (field.name for field in register.fields)


def column_of(register: Register, name: str) -> Any:
    """Return the model's field of a name of `data`."""
    return register.model._meta.get_field(name)


def is_required(column: Any) -> bool:
    """Tell whether a new row must have a value of its own."""
    return not column.blank and not column.null and not column.has_default()


def may_be_null(column: Any) -> bool:
    """Tell whether there may be no value."""
    return bool(column.null or (column.blank and isinstance(column, models.CharField)))


def _form(register: Register, name: str) -> JsonSchema:
    """What a text must look like to be written; older rows may look otherwise."""
    column = None if name == "company" else column_of(register, name)
    if not isinstance(column, models.CharField) or column.choices:
        return {}
    form: JsonSchema = {} if column.blank else {"minLength": 1}
    for validator in column.validators:
        if isinstance(validator, EmailValidator):
            form["format"] = "email"
        elif isinstance(validator, RegexValidator):
            form["pattern"] = str(getattr(validator.regex, "pattern", "")).replace(r"\Z", "$")
    return form


def _must_be_given(register: Register, name: str) -> bool:
    return name == "company" or is_required(column_of(register, name))
