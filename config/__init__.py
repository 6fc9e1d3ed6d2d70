"""Settings, URLs, Celery and the embedded services: the top, which imports all and is imported by none.

- `settings/` has one module per purpose; `local` is what `make run` and plain commands use.
- `embedded/` runs PostgreSQL, Valkey and Utkorg's own processes on one machine without anything installed.
"""

from config.celery import app as celery_app

__all__ = ["celery_app"]
