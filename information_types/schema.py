"""JSON schema from a definition: what a type's `data`, key and transfer parameters look like, field by field.

It stands beside the SQL that writes them and mirrors it: what that writes as text is a string here, what it makes null
may be null. Source: CONTRACT §0 (forms), §1; JSON Schema 2020-12, the dialect of OpenAPI 3.1.
"""

from typing import Any

from django.db import models
from django.db.models import Field as ModelField

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
    return _object({field.name: _member(information_type, field) for field in information_type.fields})


def key_schema(information_type: InformationType) -> JsonSchema:
    """The schema of a row's natural key."""
    return _object({field.name: _member(information_type, field) for field in information_type.key_fields})


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


def _member(information_type: InformationType, field: Field | Reference) -> JsonSchema:
    if isinstance(field, Field):
        return _value(information_type, field, is_key=field.name in information_type.key)
    hop = field.fields[0].path.split("__")[0]
    schema = _object({part.name: _value(information_type, part, is_key=True, given=hop) for part in field.fields})
    _column, key, _missing = Joins(information_type.model).column(hop)
    return _or_null(schema) if key.null else schema


def _value(information_type: InformationType, field: Field, *, is_key: bool, given: str | None = None) -> JsonSchema:
    """The schema of one value; `given` is a related row that is there, or its object would be null as a whole."""
    _column, column, may_miss = Joins(information_type.model).column(field.path)
    schema = {"title": str(column.verbose_name), **_form(column)}
    if column.help_text:
        schema["description"] = str(column.help_text)
    if _empty_is_null(column, is_key=is_key):
        schema |= {"minLength": 1} if schema["type"] == "string" else {}
        return _or_null(schema)
    return _or_null(schema) if column.null or (may_miss and given is None) else schema


def _empty_is_null(column: "ModelField[Any, Any]", *, is_key: bool) -> bool:
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
