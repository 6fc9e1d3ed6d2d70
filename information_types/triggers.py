"""The form of every trigger in the project: django-pgtrigger's, less its switch, plus planner settings."""

from typing import Any, ClassVar

import pgtrigger
from django.db.models import Model
from pgtrigger.compiler import Trigger as CompiledTrigger
from pgtrigger.compiler import UpsertTriggerSql

TEMPLATE = """
    CREATE OR REPLACE FUNCTION {pgid}()
    RETURNS TRIGGER AS $$
        {declare}
        BEGIN
            {func}
        END;
    $$ LANGUAGE plpgsql
        SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
        SET jit = off SET work_mem = '32MB';

    DROP TRIGGER IF EXISTS {pgid} ON {table};
    CREATE {constraint} TRIGGER {pgid}
        {when} {operation} ON {table}
        {timing}
        {referencing}
        FOR EACH {level} {condition}
        EXECUTE PROCEDURE {execute};

    COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
"""


ROW_TEMPLATE = TEMPLATE.replace(
    """ LANGUAGE plpgsql
        SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
        SET jit = off SET work_mem = '32MB';
""",
    """ LANGUAGE plpgsql;
""",
)


class TriggerSql(UpsertTriggerSql):
    """Installs a trigger that `pgtrigger.ignore` can't silence.

    The planner knows nothing of a transition table's size and would hash the whole register for every statement, so
    hash and merge joins are off inside the function (measured: capture 0.66 instead of 0.41 of a plain insert). A plan
    made while a register was small is kept by the session and must not read the whole register when it has grown; nor
    may a session that leaves jit on compile for each statement. Statements of 100 000 rows sort in memory.
    """

    def get_template(self) -> str:
        """The SQL that installs one trigger; migrations refer to it, so it is never edited, only superseded."""
        return TEMPLATE


class RowTriggerSql(UpsertTriggerSql):
    """Installs a trigger that plans nothing: without settings, which cost a row more than the trigger does."""

    def get_template(self) -> str:
        """The SQL that installs one trigger; migrations refer to it, so it is never edited, only superseded."""
        return ROW_TEMPLATE


class DatabaseTrigger(pgtrigger.Trigger):
    """A trigger of this project; `func` is plpgsql that returns."""

    sql: ClassVar[type[UpsertTriggerSql]] = TriggerSql

    def compile(self, model: Model) -> CompiledTrigger:
        """The trigger as migrations keep it; pgtrigger hands over the model's class, whatever its types say."""
        return CompiledTrigger(name=self.name, sql=self.sql(**self._parts(model)))

    def _parts(self, model: Model) -> dict[str, Any]:
        return {
            "pgid": self.get_pgid(model),
            "declare": self.render_declare(model),
            "func": self.render_func(model),
            "table": model._meta.db_table,
            "constraint": "CONSTRAINT" if self.timing else "",
            "when": self.when,
            "operation": self.operation,
            "timing": f"DEFERRABLE INITIALLY {self.timing}" if self.timing else "",
            "referencing": self.referencing or "",
            "level": self.level,
            "condition": self.render_condition(model),
            "execute": self.render_execute(model),
        }


class RowTrigger(DatabaseTrigger):
    """A trigger of single rows that reads no table."""

    sql = RowTriggerSql
