"""Turning the environment's addresses into what Django's database and cache settings take."""

from typing import Any

import environ

# Sent when a connection starts. PgBouncer in transaction mode refuses them: there they are set on the role.
STARTUP_OPTIONS = {
    "jit": "off",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
}


def database(env: environ.Env, default_url: str, **session: str) -> dict[str, Any]:
    """The `default` entry of DATABASES; `session` adds further start-up options."""
    parsed: dict[str, Any] = env.db_url("DATABASE_URL", default=default_url)
    options: dict[str, Any] = parsed.setdefault("OPTIONS", {})
    pooled_by_pgbouncer = env.bool("DATABASE_PGBOUNCER", default=False)
    if not pooled_by_pgbouncer:
        pairs = {**STARTUP_OPTIONS, **session}
        options["options"] = " ".join(f"-c {name}={value}" for name, value in pairs.items())
    size = env.int("DATABASE_POOL_SIZE", default=0)
    if size:
        options["pool"] = {"min_size": 1, "max_size": size, "timeout": 10}
    # Workers do one task after the other and keep their connection. A pool, as the web server has, hands connections
    # out itself; that threads keep theirs as well is refused by Django.
    parsed["CONN_MAX_AGE"] = 0 if size else env.int("DATABASE_CONN_MAX_AGE", default=600)
    parsed["CONN_HEALTH_CHECKS"] = not size
    parsed["DISABLE_SERVER_SIDE_CURSORS"] = pooled_by_pgbouncer
    return parsed


def cache_url(broker_url: str) -> str:
    """The broker's address in the form the cache's client reads: Celery calls a socket `redis+socket`."""
    return broker_url.replace("redis+socket://", "unix://", 1).replace("valkey://", "redis://", 1)
