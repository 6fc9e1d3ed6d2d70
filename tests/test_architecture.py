"""Dependencies run one way: modules (DESIGN's table of apps), tables and migrations."""

import re
from collections.abc import Iterator
from typing import Any

import grimp
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import Model

LOWEST_FIRST = [
    "information_types",
    "notices",
    "ledger",
    "history",
    "journal",
    "access",
    "sign_in",
    "imports",
    "inbox",
    "timesheets",
    "registers",
    "subscriptions",
    "revisions",
    "onetime_transfer",
    "workcopies",
    "watch",
    "config",
]
EDGES = {"admin", "api", "management", "http"}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*LOWEST_FIRST, cache_dir=None)


def app_of(module: str) -> str:
    return module.partition(".")[0]


def edge_of(module: str) -> str | None:
    """The edge that a module belongs to, such as `ledger.admin`; None for a core's module."""
    app, *rest = module.split(".")
    return f"{app}.{rest[0]}" if app != "config" and rest and rest[0] in EDGES else None


def imports(graph: grimp.ImportGraph) -> Iterator[tuple[str, str]]:
    for importer in sorted(graph.modules):
        for imported in sorted(graph.find_modules_directly_imported_by(importer)):
            yield importer, imported


def test_every_app_of_ours_is_in_the_order() -> None:
    ours = {name for name in settings.INSTALLED_APPS if (settings.BASE_DIR / name / "apps.py").exists()}
    assert ours == set(LOWEST_FIRST)


def test_no_two_advisory_locks_have_the_same_number() -> None:
    sources = (path for app in LOWEST_FIRST for path in (settings.BASE_DIR / app).rglob("*.py"))
    found = [number for path in sources for number in re.findall(r"^\w+ = (0x5574\w\w)\b", path.read_text(), re.M)]
    assert sorted(found) == sorted(set(found)) != []


def test_a_core_imports_only_cores_of_lower_apps(graph: grimp.ImportGraph) -> None:
    wrong = [
        f"{importer} imports {imported}"
        for importer, imported in imports(graph)
        if edge_of(importer) is None and app_of(importer) != "config"
        if edge_of(imported) or LOWEST_FIRST.index(app_of(imported)) > LOWEST_FIRST.index(app_of(importer))
    ]
    assert wrong == []


def test_an_edge_imports_lower_apps_and_access(graph: grimp.ImportGraph) -> None:
    wrong = [
        f"{importer} imports {imported}"
        for importer, imported in imports(graph)
        if edge_of(importer) and app_of(imported) != "access"
        if LOWEST_FIRST.index(app_of(imported)) > LOWEST_FIRST.index(app_of(importer))
    ]
    assert wrong == []


def test_only_urls_and_the_edge_itself_import_an_edge(graph: grimp.ImportGraph) -> None:
    wrong = [
        f"{importer} imports {imported}"
        for importer, imported in imports(graph)
        if edge_of(imported) not in {None, edge_of(importer), "access.http"}
        if not importer.endswith(".urls")
    ]
    assert wrong == []


def test_the_plumbing_of_requests_is_for_edges_only(graph: grimp.ImportGraph) -> None:
    wrong = [
        f"{importer} imports {imported}"
        for importer, imported in imports(graph)
        if edge_of(imported) == "access.http" and edge_of(importer) is None and app_of(importer) != "config"
    ]
    assert wrong == []


def relations() -> Iterator[tuple[type[Model], Any]]:
    """Every model of ours with each field that points to another of ours."""
    for model in apps.get_models():
        for field in model._meta.get_fields():
            target: Any = field.related_model if field.is_relation and field.concrete else None
            if {model._meta.app_label, target and target._meta.app_label} <= set(LOWEST_FIRST):
                yield model, field


def test_no_table_points_to_a_higher_app() -> None:
    assert len(list(relations())) > 10
    wrong = [
        f"{model._meta.label}.{field.name} points to {field.related_model._meta.label}"
        for model, field in relations()
        if LOWEST_FIRST.index(field.related_model._meta.app_label) > LOWEST_FIRST.index(model._meta.app_label)
    ]
    assert wrong == []


def test_no_migration_depends_on_a_higher_app() -> None:
    loader = MigrationLoader(None)
    wrong = [
        f"{app}.{name} depends on {dependency}"
        for (app, name), migration in loader.disk_migrations.items()
        if app in LOWEST_FIRST
        for dependency, *_rest in migration.dependencies
        if dependency in LOWEST_FIRST and LOWEST_FIRST.index(dependency) > LOWEST_FIRST.index(app)
    ]
    assert wrong == []


@pytest.mark.django_db
def test_every_change_of_a_model_has_its_migration() -> None:
    assert connection.vendor == "postgresql"
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)
