"""The database checks find whoever could write past the capture."""

from collections.abc import Sequence

import pytest
from django.core import checks
from django.core.management import call_command
from django.db import connection

from tests.refusals import run_sql

pytestmark = pytest.mark.django_db


def found() -> dict[str, str]:
    """Ids and texts of what the checks say of the database."""
    messages: Sequence[checks.CheckMessage] = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    return {message.id or "": message.msg for message in messages if (message.id or "").startswith("revisions.")}


def test_a_migrated_database_is_in_order() -> None:
    assert found() == {}
    call_command("check", databases=["default"], fail_level="WARNING")


def a_trigger(kind: str, table: str) -> str:
    query = "select tgname from pg_trigger where tgrelid = %s::regclass and tgname like %s"
    with connection.cursor() as cursor:
        cursor.execute(query, [table, f"pgtrigger_{kind}_%"])
        (name,) = cursor.fetchone()
    return str(name)


@pytest.mark.parametrize(
    ("kind", "table"),
    [
        ("capture_insert", "ledger_ledgerentry"),
        ("capture_update", "ledger_account"),
        ("show_in_ledger_entries", "ledger_voucher"),
        ("natural_key_never_changes", "ledger_company"),
    ],
)
def test_a_missing_trigger_is_found(kind: str, table: str) -> None:
    name = a_trigger(kind, table)
    run_sql(f"drop trigger {name} on {table}")
    assert found() == {"revisions.E001": f"{table} lacks the trigger {name}."}


@pytest.mark.parametrize("state", ["disable trigger", "enable replica trigger"])
def test_a_disabled_trigger_is_found(state: str) -> None:
    name = a_trigger("capture_insert", "ledger_account")
    run_sql(f"alter table ledger_account {state} {name}")
    assert found() == {"revisions.E002": f"The trigger {name} of ledger_account is disabled."}


def test_a_trigger_that_always_fires_is_in_order() -> None:
    run_sql(f"alter table ledger_account enable always trigger {a_trigger('capture_insert', 'ledger_account')}")
    assert found() == {}


def test_a_trigger_of_another_version_is_found() -> None:
    name = a_trigger("capture_insert", "ledger_account")
    run_sql(f"comment on trigger {name} on ledger_account is 'older'")
    assert list(found()) == ["revisions.E003"]


def test_an_unknown_trigger_is_found() -> None:
    run_sql("create function meddle() returns trigger language plpgsql as 'begin return new; end'")
    run_sql("create trigger meddling before update on ledger_voucher for each row execute function meddle()")
    assert found() == {"revisions.E004": "ledger_voucher has a trigger meddling that isn't Utkorg's."}


@pytest.mark.parametrize("action", ["on delete cascade", "on delete set null", "on update cascade"])
def test_a_database_cascade_is_found(action: str) -> None:
    run_sql(
        f"""alter table ledger_supplierinvoice add constraint cascading
            foreign key (supplier_id) references ledger_supplier (id) {action}"""
    )
    assert list(found()) == ["revisions.E005"]


def test_a_deferrable_natural_key_is_found() -> None:
    run_sql("alter table ledger_account add constraint later unique (company_id, number) deferrable")
    assert found() == {"revisions.E006": "The constraint later of ledger_account is deferrable."}


def test_a_logical_replication_into_a_captured_table_is_found() -> None:
    run_sql(
        """create subscription replicating connection 'dbname=nowhere' publication p
           with (connect = false, enabled = false, slot_name = none, create_slot = false)"""
    )
    run_sql(
        """insert into pg_subscription_rel (srsubid, srrelid, srsubstate)
           select oid, 'ledger_account'::regclass, 'r' from pg_subscription where subname = 'replicating'"""
    )
    try:
        assert list(found()) == ["revisions.E007"]
    finally:
        run_sql("delete from pg_subscription_rel")
        run_sql("drop subscription replicating")


def test_a_database_with_migrations_to_come_is_not_looked_at() -> None:
    run_sql(f"drop trigger {a_trigger('capture_insert', 'ledger_account')} on ledger_account")
    run_sql("delete from django_migrations where id = (select max(id) from django_migrations where app = 'revisions')")
    assert found() == {}
    call_command("migrate", "ledger", verbosity=0)
