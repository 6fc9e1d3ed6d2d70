"""What is measured, and how it is told."""

import dataclasses
import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figure:
    """A median beside its baseline's. The goal is the least that the ratio may be, or the most (`at_most`)."""

    name: str
    value: float
    unit: str
    baseline: str
    baseline_value: float
    goal: float
    at_most: bool = False

    @property
    def ratio(self) -> float:
        """How many times the baseline."""
        return self.value / self.baseline_value

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return self.ratio <= self.goal if self.at_most else self.ratio >= self.goal

    def as_dict(self) -> dict[str, Any]:
        """The figure as CONTRACT's JSON has it."""
        return {
            "name": self.name,
            "value": round(self.value, 3),
            "unit": self.unit,
            "baseline": self.baseline,
            "baseline_value": round(self.baseline_value, 3),
            "ratio": round(self.ratio, 3),
            "goal": self.goal,
            "met": self.met,
        }


def interleaved(
    rounds: int, *, baseline: Callable[[], float | Sequence[float]], figure: Callable[[], float | Sequence[float]]
) -> tuple[float, float]:
    """Measure both in turn, once in advance to warm up; return the medians of the baseline and of the figure."""
    baseline()
    figure()
    found: tuple[list[float], list[float]] = ([], [])
    for _round in range(rounds):
        for values, measure in zip(found, (baseline, figure), strict=True):
            measured = measure()
            values.extend(measured if isinstance(measured, Sequence) else [measured])
    return statistics.median(found[0]), statistics.median(found[1])


def table(figures: Iterable[dict[str, Any]]) -> str:
    """The figures for a person, from what `as_dict` gave."""
    head = f"{'':<42}{'figure':>13}{'baseline':>13}{'ratio':>8}{'goal':>6}"
    return "\n".join([head, *(_lines(found) for found in figures)])


def _lines(found: dict[str, Any]) -> str:
    what = f"{found['name']} ({found['unit']})"
    both = f"{_short(found['value']):>13}{_short(found['baseline_value']):>13}"
    numbers = f"{both}{found['ratio']:>8.2f}{found['goal']:>6g}"
    return f"{what:<42}{numbers}  {'met' if found['met'] else 'NOT MET'}\n    against {found['baseline']}"


def _short(value: float) -> str:
    return f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"
