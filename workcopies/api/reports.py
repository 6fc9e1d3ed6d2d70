"""What OpenAPI says of the answer to a check-in. Source: CONTRACT §6."""

from access.http.openapi import JsonSchema

KEY: JsonSchema = {"type": "object", "description": "The document's key; a voucher's is its rows' without `row`."}
ABOUT: JsonSchema = {"information_type": {"type": "string"}, "key": KEY}
SIDES: JsonSchema = {
    "type": "object",
    "properties": {
        side: {"description": text}
        for side, text in (
            ("base", "The value at check-out."),
            ("mine", "The value in the copy."),
            ("theirs", "The value here."),
        )
    },
    "required": ["base", "mine", "theirs"],
}


def _list_of(description: str, **more: JsonSchema) -> JsonSchema:
    properties = {**ABOUT, **more}
    required = [name for name in properties if name != "provisional"]
    item = {"type": "object", "properties": properties, "required": required}
    return {"type": "array", "description": description, "items": item}


REPORT: JsonSchema = {
    "type": "object",
    "properties": {
        "check_in": {"type": ["string", "null"], "format": "uuid", "description": "Its name; null in a dry run."},
        "landed": _list_of(
            "What only the copy changed, and is here now.",
            operation={"type": "string", "enum": ["created", "changed", "deleted"]},
            provisional={"type": "string", "description": "The number in the copy of what was made there."},
        ),
        "unchanged": {"type": "integer", "description": "How many documents of the copy are as they were."},
        "conflicts": _list_of(
            "What both changed differently. Nothing of either is lost; somebody chooses in the admin.",
            fields={"type": "object", "additionalProperties": SIDES},
        ),
        "refused": _list_of("What can't land.", reason={"type": "string", "description": "Why, for people."}),
        "dry_run": {"type": "boolean"},
        "warnings": {"type": "array", "items": {"type": "string"}, "description": "For people; absent without any."},
    },
    "required": ["check_in", "landed", "unchanged", "conflicts", "refused", "dry_run"],
}
