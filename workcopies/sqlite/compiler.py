"""SQL of querysets, in which amounts are text: ordered as numbers, added up exactly."""

from typing import Any

from django.core.exceptions import FieldError
from django.db.models import DecimalField, Sum
from django.db.models.expressions import OrderBy
from django.db.models.functions import Collate
from django.db.models.sql import compiler

from workcopies.sqlite.functions import DECIMAL


class SQLCompiler(compiler.SQLCompiler):
    def compile(self, node: Any) -> tuple[str, Any]:
        """Compile a part of a query, in our way where it is about amounts."""
        if isinstance(node, Sum) and _is_decimal(node):
            return node.as_sql(self, self.connection, function="UTKORG_SUM")
        if isinstance(node, OrderBy) and _is_decimal(node.expression) and not isinstance(node.expression, Collate):
            node = node.copy()
            node.set_source_expressions([Collate(node.expression, DECIMAL)])
        found: tuple[str, Any] = super().compile(node)
        return found


def _is_decimal(node: Any) -> bool:
    try:
        return isinstance(node.output_field, DecimalField)
    except (AttributeError, FieldError):
        return False


class SQLInsertCompiler(compiler.SQLInsertCompiler, SQLCompiler):
    pass


class SQLDeleteCompiler(compiler.SQLDeleteCompiler, SQLCompiler):
    pass


class SQLUpdateCompiler(compiler.SQLUpdateCompiler, SQLCompiler):
    pass


class SQLAggregateCompiler(compiler.SQLAggregateCompiler, SQLCompiler):
    pass
