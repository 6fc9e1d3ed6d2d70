"""Whose change it is: an application's key that writes says so for its transaction, and the change sets carry it."""

from django.db import connection

from access.models import Application


def write_as(application: Application) -> None:
    """Mark what the current transaction captures from here on as the application's; forgotten at its end.

    A setting of the transaction, not of the session, so that PgBouncer may pool transactions.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Call this inside the transaction that writes.")
    with connection.cursor() as cursor:
        cursor.execute("select set_config('utkorg.application', %s, true)", [str(application.pk)])
