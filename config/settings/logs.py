"""Logging as Django's LOGGING: text for people or one JSON object a line, and never a secret."""

from typing import Any, Literal

LogFormat = Literal["text", "json"]


def logging_config(log_format: LogFormat, level: str) -> dict[str, Any]:
    """Everything goes to standard error in one format, with the request's id."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request_id": {"()": "django_guid.log_filters.CorrelationId"},
            "redact": {"()": "config.redaction.RedactSecrets"},
        },
        "formatters": {
            "text": {
                "format": "{asctime} {levelname} {name} [{correlation_id}] {message}",
                "datefmt": "%Y-%m-%d %H:%M:%S%z",
                "style": "{",
            },
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "format": "{levelname}{name}{message}{correlation_id}",
                "style": "{",
                "timestamp": "time",
                "rename_fields": {"levelname": "level", "name": "logger", "correlation_id": "request_id"},
            },
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": log_format,
                "filters": ["request_id", "redact"],
            },
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django and uvicorn bring handlers of their own; without these entries each line would come twice.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            # A line for every request that brings no id of its own says nothing.
            "django_guid": {"level": "WARNING"},
            # The audit log holds who signs in.
            "axes": {"level": "ERROR"},
            # The sweep runs every second; that it does is no news.
            "celery.app.trace": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            # aiosmtpd's, which tells every line of every connection; ours tell what became of each message.
            "mail.log": {"level": "ERROR"},
            "uvicorn": {"handlers": [], "level": level, "propagate": True},
            "uvicorn.access": {"handlers": [], "level": level, "propagate": True},
            "uvicorn.error": {"handlers": [], "level": level, "propagate": True},
        },
    }
