"""Reports of errors to Sentry, only when SENTRY_DSN is set, and without anything secret."""

from typing import Any

import sentry_sdk

from config.redaction import HIDDEN, redacted

# What a request carried is left out whole: headers and cookies hold keys, bodies hold bookkeeping.
LEFT_OUT = ("headers", "cookies", "data", "env")


def start(dsn: str) -> None:
    """Begin reporting."""
    sentry_sdk.init(
        dsn=dsn,
        before_send=without_secrets,
        before_send_transaction=without_secrets,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
    )


def without_secrets(event: Any, _hint: dict[str, Any]) -> Any:
    """The event as it may leave this installation."""
    request = event.get("request", {})
    for part in LEFT_OUT:
        request.pop(part, None)
    if request.get("query_string"):
        request["query_string"] = HIDDEN
    return _cleaned(event)


def _cleaned(value: Any) -> Any:
    match value:
        case str():
            return redacted(value)
        case dict():
            return {key: _cleaned(item) for key, item in value.items()}
        case list():
            return [_cleaned(item) for item in value]
        case _:
            return value
