"""A hundred and more broken, hostile and enormous messages: each ends clearly, in its time and memory."""

import pytest

from inbox import reading
from inbox.reading import LIMITS, ReadingDied, ReadingRefused
from inbox.reading.exceptions import Usage
from inbox.reading.process import GRACE
from tests.inbox.hostile_messages import HOSTILE


def outcome(content: bytes) -> tuple[set[str], Usage]:
    """The codes that came of reading a message, and what it took."""
    try:
        answer = reading.readers.read("message", content)
    except ReadingDied as died:
        return {died.code}, died.usage
    except ReadingRefused as refused:
        return {refused.code}, Usage()
    read = reading.message_of(answer)
    codes = {problem.code for problem in read.problems} | {part.reason for part in read.parts} | {read.refused}
    return codes, answer.usage


def test_there_are_a_hundred() -> None:
    assert len(HOSTILE) >= 100


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_message_ends_clearly(name: str) -> None:
    hostile = HOSTILE[name]
    codes, usage = outcome(hostile.make())
    assert usage.seconds <= LIMITS.seconds + GRACE
    assert usage.peak <= LIMITS.memory
    assert "reading_died_crash" not in codes
    assert not hostile.ends or codes & hostile.ends, codes
