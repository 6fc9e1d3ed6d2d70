"""Charts as plain geometry for SVG: bars of rows in and out over time, and the trend of a queue."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

WIDTH, HEIGHT = 480, 120
GAP = 0.25
TICKS = 5
TREND_WIDTH, TREND_HEIGHT = 96, 24


@dataclasses.dataclass(frozen=True, kw_only=True)
class Moved:
    """Rows in and out of the time from `at` on."""

    at: datetime
    rows_in: int = 0
    rows_out: int = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bar:
    """One time's two bars: in stands on the line, out hangs from it."""

    moved: Moved
    x: float
    width: float
    top: float
    height_in: float
    height_out: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Chart:
    """Bars, and what a reader is told of them in words."""

    bars: Sequence[Bar]
    line: float
    rows_in: int
    rows_out: int
    most: Moved

    @property
    def is_empty(self) -> bool:
        """Whether nothing moved."""
        return not (self.rows_in or self.rows_out)

    @property
    def ticks(self) -> Sequence[Moved]:
        """Times written below the bars: the first, the last, and some between."""
        last = len(self.bars) - 1
        return [self.bars[round(last * part / (TICKS - 1))].moved for part in range(TICKS)]

    @property
    def times(self) -> Sequence[Moved]:
        """The times in which something moved, the newest first: the chart as a table."""
        return [bar.moved for bar in reversed(self.bars) if bar.moved.rows_in or bar.moved.rows_out]


def chart(times: Sequence[Moved]) -> Chart:
    """The bars of equal times, both ways on one scale."""
    most_in = max((moved.rows_in for moved in times), default=0)
    most_out = max((moved.rows_out for moved in times), default=0)
    scale = HEIGHT / ((most_in + most_out) or 1)
    line = most_in * scale if most_in + most_out else HEIGHT / 2
    step = WIDTH / max(len(times), 1)
    return Chart(
        bars=[_bar(moved, place, step, scale, line) for place, moved in enumerate(times)],
        line=round(line, 2),
        rows_in=sum(moved.rows_in for moved in times),
        rows_out=sum(moved.rows_out for moved in times),
        most=max(times, key=lambda moved: moved.rows_in + moved.rows_out),
    )


def gathered(found: Sequence[Moved], starts: Sequence[datetime]) -> list[Moved]:
    """What moved in each of the times that begin at `starts`, which go up; what is older is left out."""
    sums = [[0, 0] for _ in starts]
    for moved in found:
        place = sum(start <= moved.at for start in starts) - 1
        if place >= 0:
            sums[place][0] += moved.rows_in
            sums[place][1] += moved.rows_out
    return [
        Moved(at=start, rows_in=rows_in, rows_out=rows_out)
        for start, (rows_in, rows_out) in zip(starts, sums, strict=True)
    ]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trend:
    """A queue's length at the end of each hour: the points of a line, and its numbers in words."""

    points: str
    first: int
    most: int
    last: int

    @property
    def is_flat(self) -> bool:
        """Whether there was nothing all the time."""
        return self.most == 0


def trend(queued: int, grown: Mapping[datetime, int], *, at: datetime, hours: int) -> Trend:
    """The length now, and back from there by how much it grew in each hour."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    lengths = [queued]
    for back in range(hours):
        lengths.append(max(lengths[-1] - grown.get(hour - timedelta(hours=back), 0), 0))
    lengths.reverse()
    most = max(lengths)
    step, scale = TREND_WIDTH / hours, (TREND_HEIGHT - 2) / (most or 1)
    points = " ".join(
        f"{round(place * step, 1)},{round(TREND_HEIGHT - 1 - rows * scale, 1)}" for place, rows in enumerate(lengths)
    )
    return Trend(points=points, first=lengths[0], most=most, last=queued)


def _bar(moved: Moved, place: int, step: float, scale: float, line: float) -> Bar:
    height_in, height_out = _height(moved.rows_in, scale), _height(moved.rows_out, scale)
    return Bar(
        moved=moved,
        x=round(place * step + step * GAP / 2, 2),
        width=round(step * (1 - GAP), 2),
        top=round(line - height_in, 2),
        height_in=height_in,
        height_out=height_out,
    )


def _height(rows: int, scale: float) -> float:
    # The least is still seen beside the most.
    return round(max(rows * scale, 1.5), 2) if rows else 0.0
