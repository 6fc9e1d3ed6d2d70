"""JSON schema from a definition: what a type's `data`, key and transfer parameters look like, field by field.

It stands beside the SQL that writes them and mirrors it: what that writes as text is a string here, what it makes null
may be null. Source: CONTRACT §0 (forms), §1; JSON Schema 2020-12, the dialect of OpenAPI 3.1.
"""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Field as ModelField
from django.db.models import Model

from information_types.definition import Field, InformationType, Parameter, Reference
from information_types.sql import Joins

JsonSchema = dict[str, Any]

FORMS: dict[type[Any], JsonSchema] = {
    models.DateTimeField: {"type": "string", "format": "date-time"},  # before DateField, of which it is one
    models.DateField: {"type": "string", "format": "date"},
    models.TimeField: {"type": "string", "pattern": r"^[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}$"},
    models.BooleanField: {"type": "boolean"},
    models.IntegerField: {"type": "integer"},
    models.JSONField: {"type": "object", "additionalProperties": {"type": "string"}},
}
MONTH_PATTERN = "^[0-9]{4}-(0[1-9]|1[0-2])$"


def component_name(information_type: InformationType) -> str:
    """The type's name as OpenAPI components are named: `ledger_entries` is `LedgerEntries`."""
    return information_type.name.title().replace("_", "")


def data_schema(information_type: InformationType) -> JsonSchema:
    """The schema of a row; every field is always there, absent values are null."""
    return row_schema(information_type.model, information_type.fields, key=information_type.key)


def key_schema(information_type: InformationType) -> JsonSchema:
    """The schema of a row's natural key."""
    return row_schema(information_type.model, information_type.key_fields, key=information_type.key)


def row_schema(model: type[Model], fields: Iterable[Field | Reference], *, key: tuple[str, ...]) -> JsonSchema:
    """The schema of an object of some fields of a model's rows; `key` are the names of its natural key."""
    return _object({field.name: _member(model, field, key) for field in fields})


def parameters_schema(information_type: InformationType) -> JsonSchema:
    """The schema of a one-off transfer's parameters; those of another type are refused."""
    return {
        "type": "object",
        "properties": {parameter.name: _parameter(parameter) for parameter in information_type.parameters},
        "required": [parameter.name for parameter in information_type.parameters if parameter.required],
        "additionalProperties": False,
    }


def _object(properties: JsonSchema) -> JsonSchema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _member(model: type[Model], field: Field | Reference, key: tuple[str, ...]) -> JsonSchema:
    if isinstance(field, Field):
        return value_schema(model, field, is_key=field.name in key)
    hop = field.fields[0].path.split("__")[0]
    schema = _object({part.name: value_schema(model, part, is_key=True, given=True) for part in field.fields})
    _column, foreign_key, _missing = Joins(model).column(hop)
    return _or_null(schema) if foreign_key.null else schema


def value_schema(model: type[Model], field: Field, *, is_key: bool, given: bool = False) -> JsonSchema:
    """The schema of one value; `given` where a missing related row makes the object that it stands in null."""
    _column, column, may_miss = Joins(model).column(field.path)
    schema = {"title": str(column.verbose_name), **_form(column)}
    if column.help_text:
        schema["description"] = str(column.help_text)
    if empty_is_null(column, is_key=is_key):
        schema |= {"minLength": 1} if schema["type"] == "string" else {}
        return _or_null(schema)
    return _or_null(schema) if column.null or (may_miss and not given) else schema


def empty_is_null(column: "ModelField[Any, Any]", *, is_key: bool) -> bool:
    """Whether `data` shows an empty value of a column as null."""
    text = isinstance(column, models.CharField | models.TextField)
    return isinstance(column, models.JSONField) or (text and column.blank and not is_key)


def _form(column: "ModelField[Any, Any]") -> JsonSchema:
    for kind, schema in FORMS.items():
        if isinstance(column, kind):
            return schema
    match column:
        case models.DecimalField():
            return {"type": "string", "pattern": rf"^-?[0-9]+\.[0-9]{{{column.decimal_places}}}$"}
        case models.CharField() | models.TextField():
            return _text(column)
        case _:
            raise TypeError(f"{column}: nothing says how a {type(column).__name__} looks as JSON.")


def _text(column: "ModelField[Any, Any]") -> JsonSchema:
    if column.choices:
        return {"type": "string", "enum": [value for value, _label in column.flatchoices]}
    return {"type": "string"} | ({"maxLength": column.max_length} if column.max_length else {})


def _or_null(schema: JsonSchema) -> JsonSchema:
    nullable = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        nullable["enum"] = [*schema["enum"], None]
    return nullable


def _parameter(parameter: Parameter) -> JsonSchema:
    title = {"title": str(parameter.label)}
    match parameter.kind:
        case "month_from" | "month_to":
            return {**title, "type": "string", "pattern": MONTH_PATTERN, "examples": ["2024-01"]}
        case "date_from" | "date_to":
            return {**title, "type": "string", "format": "date"}
        case "flag":
            return {**title, "type": "boolean"}
