"""The geometry of charts."""

from datetime import UTC, datetime, timedelta

from watch.ages import age
from watch.charts import HEIGHT, WIDTH, Moved, chart, gathered, trend

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOURS = [NOON - timedelta(hours=back) for back in (3, 2, 1, 0)]


def test_bars_fill_the_height_and_stand_on_one_line() -> None:
    drawn = chart([Moved(at=NOON, rows_in=30, rows_out=10), Moved(at=NOON, rows_in=15)])
    first, second = drawn.bars
    assert (drawn.line, first.top, first.height_in, first.height_out) == (HEIGHT * 0.75, 0, HEIGHT * 0.75, HEIGHT / 4)
    assert second.top + second.height_in == drawn.line
    assert second.x + second.width < WIDTH


def test_the_least_is_seen_beside_the_most_and_nothing_is_not() -> None:
    bars = chart([Moved(at=NOON, rows_in=1), Moved(at=NOON, rows_in=10**9), Moved(at=NOON)]).bars
    assert bars[0].height_in > 1
    assert bars[2].height_in == 0


def test_a_chart_of_nothing_says_so() -> None:
    drawn = chart([Moved(at=at) for at in HOURS])
    assert drawn.is_empty
    assert drawn.times == []


def test_what_moved_is_gathered_in_the_time_that_it_belongs_to() -> None:
    found = [
        Moved(at=HOURS[0] - timedelta(minutes=5), rows_in=100),
        Moved(at=HOURS[0], rows_in=1),
        Moved(at=HOURS[1] - timedelta(minutes=5), rows_in=2, rows_out=1),
        Moved(at=HOURS[3] + timedelta(minutes=50), rows_out=4),
    ]
    sums = [(moved.rows_in, moved.rows_out) for moved in gathered(found, HOURS)]
    assert sums == [(3, 1), (0, 0), (0, 0), (0, 4)]


def test_a_trend_goes_back_from_now() -> None:
    found = trend(10, {NOON: 4, NOON - timedelta(hours=1): -6}, at=NOON + timedelta(minutes=20), hours=3)
    assert (found.first, found.most, found.last) == (12, 12, 10)
    assert len(found.points.split()) == 4


def test_a_trend_never_falls_below_nothing() -> None:
    assert trend(1, {NOON: 5}, at=NOON, hours=2).first == 0
    assert trend(0, {}, at=NOON, hours=2).is_flat


def test_an_age_has_one_unit() -> None:
    lasted = [
        timedelta(seconds=59),
        timedelta(minutes=1),
        timedelta(minutes=90),
        timedelta(hours=47),
        timedelta(days=2),
    ]
    assert [age(one) for one in lasted] == ["less than a minute", "1 minute", "1 hour", "47 hours", "2 days"]
