"""`manage.py bench` on tiny sizes: that it ends and tells what the contract says, not how fast anything is."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from config.bench.figures import Figure, interleaved, table
from config.bench.run import run
from config.bench.screens import SCREENS
from config.bench.sizes import FULL, QUICK, Sizes

TINY = Sizes(
    companies=2,
    vouchers=300,
    rounds=1,
    statements=1,
    commits=2,
    subscriptions=2,
    backlog_rows=5_000,
    batches=1,
    waiting_clients=2,
    requests=2,
    offices=2,
    answers=1,
    transfer_rows=1_000,
    sie_rows=1_000,
    time_rows=1_000,
    changes=5,
    mails=4,
    peer_saves=2,
    screen_companies=25,
    screen_vouchers=4,
    screen_subscriptions=6,
    screen_backlog_rows=5_000,
)
FIGURES = [
    "capture_statements_of_1000",
    "capture_one_row_commits",
    "capture_and_fan_out_to_50",
    "fan_out_beside_backlog",
    "pending_with_backlog",
    "pending_beside_waiting_clients",
    "commit_to_waiting_answer",
    "fetch_and_acknowledge_5000",
    "rights_of_pending",
    "time_api_json",
    "time_api_count",
    "traced_statements_of_1000",
    "traced_one_row_commits",
    "traced_receipts_of_5000",
    "traced_receipts_of_one_row",
    "trace_of_a_voucher",
    "saves_to_1_subscription",
    "saves_to_2_subscriptions",
    "one_off_transfer",
    "reconcile_a_year",
    "sie_import",
    "sie_import_memory",
    "saft_import",
    "check_in_rows_compared",
    "check_in_bytes_of_file",
    "check_in_rows_of_server",
    "check_in_changes",
    "receive_mails_stored",
    "receive_mails",
    *(f"screen_{name}" for name in SCREENS),
]


def databases() -> set[str]:
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", LIST_DATABASES]
    listed = subprocess.run(command, cwd=settings.BASE_DIR, check=True, capture_output=True, text=True)
    return set(json.loads(listed.stdout))


LIST_DATABASES = """
import json
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("select datname from pg_database where datname like 'utkorg_bench%'")
    print(json.dumps([name for (name,) in cursor.fetchall()]))
"""


def test_every_figure_is_measured_beside_its_baseline_and_nothing_is_left_behind() -> None:
    found = run(TINY, database_url=os.environ["DATABASE_URL"])
    assert [figure["name"] for figure in found] == FIGURES
    for figure in found:
        assert list(figure) == ["name", "value", "unit", "baseline", "baseline_value", "ratio", "goal", "met"]
        assert figure["value"] > 0
        assert figure["baseline_value"] > 0
        assert isinstance(figure["met"], bool)
    assert databases() == set()


def test_a_quick_run_has_a_tenth_of_what_takes_time() -> None:
    for name in ("companies", "backlog_rows", "transfer_rows", "sie_rows", "time_rows", "waiting_clients", "mails"):
        assert getattr(QUICK, name) * 10 == getattr(FULL, name)


def test_sizes_survive_the_way_to_another_process() -> None:
    assert Sizes.from_json(QUICK.as_json()) == QUICK
    assert QUICK.described().count(",") + 1 == len(dataclasses.fields(Sizes))


def test_a_goal_is_the_least_or_the_most_that_a_ratio_may_be() -> None:
    at_least = Figure(name="a", value=6, unit="rows/s", baseline="b", baseline_value=10, goal=0.6)
    at_most = Figure(name="a", value=16, unit="ms", baseline="b", baseline_value=10, goal=1.5, at_most=True)
    assert (at_least.ratio, at_least.met) == (0.6, True)
    assert (at_most.ratio, at_most.met) == (1.6, False)
    assert "NOT MET" in table([at_least.as_dict(), at_most.as_dict()])


def test_baseline_and_figure_take_turns() -> None:
    order: list[str] = []

    def measure(name: str, values: list[float]) -> list[float]:
        order.append(name)
        return values

    medians = interleaved(2, baseline=lambda: measure("b", [1, 2]), figure=lambda: measure("f", [3]))
    assert order == ["b", "f"] * 3
    assert medians == (1.5, 3)


def test_the_command_is_documented() -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "speed.md").read_text(encoding="utf-8")
    assert "manage.py bench" in text
    assert {name for name in FIGURES if name.replace("to_2_", "to_50_") not in text} == set()
