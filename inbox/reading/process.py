"""Readings, from the side of whoever wants one: each in a process of its own, which can be lost without harm."""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from inbox.reading import wire
from inbox.reading.exceptions import Death, ReadingDied, ReadingRefused, ReadingUnavailable, Usage
from inbox.reading.limits import LIMITS, Limits
from inbox.reading.steps import NOWHERE, Place

PROJECT = Path(__file__).resolve().parents[2]
MOST_AT_ONCE = 4  # readings of one process, each of which may take all of its memory
GRACE = 5.0  # seconds that the mother has to tell how a child ended
NEAR_THE_LIMIT = 0.6  # of the memory: a process that ends there by itself most likely found no more
EXIT_MEMORY = 3
ENDED_BY_TIME = {signal.SIGXCPU}
MOST_STEPS = 20_000
LONGEST_PLACE = 1_000


@dataclass(frozen=True)
class Answer:
    """What a reading gave, and what it took."""

    told: Any
    files: list[bytes]
    usage: Usage


@dataclass(frozen=True)
class _End:
    """How a child ended, by the word of its mother."""

    signal: int
    exit: int
    usage: Usage


class Readers:
    """Starts the process that forks for readings, and starts it anew when it is gone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._control: socket.socket | None = None
        self._mother: subprocess.Popen[bytes] | None = None
        os.register_at_fork(after_in_child=self._forget)
        atexit.register(self.close)

    def read(
        self, job: str, content: bytes, options: Mapping[str, Any] | None = None, limits: Limits = LIMITS
    ) -> Answer:
        """Have something read; ends within the limits, whatever the content does."""
        if len(content) > limits.content:
            raise ReadingRefused("too_large")
        order = {"job": job, "options": dict(options or {}), "limits": asdict(limits)}
        for _ in range(2):  # a mother that was idle for long, or was ended, is replaced once
            with self._turns:
                here, status = self._fork()
                with here, status:
                    answer = _Reading(here, status, limits).run(order, content)
            if answer is not None:
                return answer
        raise ReadingUnavailable("The process that reads was lost.")

    def _fork(self) -> tuple[socket.socket, socket.socket]:
        """Have a child forked; the sockets to it and to the word on its end."""
        here, there = socket.socketpair()
        status, told = socket.socketpair()
        with there, told, self._lock:
            for attempt in range(2):
                try:
                    socket.send_fds(self._started(), [b"R"], [there.fileno(), told.fileno()])
                except OSError as error:
                    self._drop()
                    if attempt:
                        here.close()
                        status.close()
                        raise ReadingUnavailable(f"The process that reads can't be started: {error}") from error
                else:
                    break
        return here, status

    def _started(self) -> socket.socket:
        if self._control is not None and self._mother is not None and self._mother.poll() is None:
            return self._control
        self._drop()
        here, there = socket.socketpair()
        with there:
            command = [sys.executable, "-s", "-m", "inbox.reading", str(there.fileno())]
            self._mother = subprocess.Popen(
                command,
                cwd=PROJECT,
                env={"LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},  # none of ours: no secret is at hand there
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[there.fileno()],
                start_new_session=True,
            )
        self._control = here
        return here

    def close(self) -> None:
        """End the process; a reading under way ends with it."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._mother is not None:
            self._mother.kill()
            self._mother.wait()
        self._control = self._mother = None

    def _forget(self) -> None:
        """A forked process starts one of its own: this one's belongs to its parent."""
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(MOST_AT_ONCE)
        if self._control is not None:
            self._control.close()
        if self._mother is not None:
            self._mother.returncode = 0  # not ours to wait for
        self._control = self._mother = None


class _Reading:
    """One reading: its order, its answer, its end."""

    def __init__(self, job: socket.socket, status: socket.socket, limits: Limits) -> None:
        self.job = job
        self.status = status
        self.limits = limits
        self.deadline = time.monotonic() + limits.seconds
        self.at = NOWHERE

    def run(self, order: dict[str, Any], content: bytes) -> Answer | None:
        """The answer; None where the mother was lost, and nothing can be said."""
        told: dict[str, Any] | None = None
        files: list[bytes] = []
        late = False
        try:
            with suppress(BrokenPipeError, ConnectionResetError, wire.WrongAnswer):
                with suppress(BrokenPipeError, ConnectionResetError):
                    wire.send(self.job, order, [content], self.deadline)
                told, files = self._answer()
        except wire.OutOfTime:
            late = True
        end = self._end()
        if end is None:
            return None
        at = None if self.at == NOWHERE else self.at
        if late or end.signal in ENDED_BY_TIME:
            raise ReadingDied("time", usage=end.usage, at=at)
        if told is None:
            raise ReadingDied(self._reason(end), f"signal {end.signal}, exit {end.exit}", end.usage, at)
        return self._judged(told, files, end, at)

    def _answer(self) -> tuple[dict[str, Any], list[bytes]]:
        """What comes after all that it says it is at; no step may take the time of all others."""
        until = self.deadline
        for _step in range(MOST_STEPS):
            told, files = wire.receive(
                self.job, longest_text=self.limits.answer_text, largest=self.limits.answer, deadline=until
            )
            match told:
                case {"at": [str(path), str(step)], **rest} if not rest and len(path) + len(step) <= LONGEST_PLACE:
                    self.at = path, step
                case _:
                    return told, files
            until = self.deadline if self.at == NOWHERE else self._until()
        raise wire.WrongAnswer

    def _until(self) -> float:
        return min(self.deadline, time.monotonic() + self.limits.step_seconds)

    def _end(self) -> _End | None:
        """Have the child ended, if it isn't, and hear how it was."""
        with suppress(OSError):
            self.status.shutdown(socket.SHUT_WR)
        try:
            self.status.settimeout(GRACE)
            kept = json.loads(self.status.recv(4096) or b"null")
        except (OSError, ValueError):
            return None
        return kept and _End(kept["signal"], kept["exit"], Usage(kept["seconds"], kept["peak"]))

    def _reason(self, end: _End) -> Death:
        if end.exit == EXIT_MEMORY or end.usage.peak > NEAR_THE_LIMIT * self.limits.memory:
            return "memory"
        return "crash"

    def _judged(self, told: dict[str, Any], files: list[bytes], end: _End, at: Place | None) -> Answer:
        """The answer of a process that may have been taken over."""
        match told:
            case {"refused": str(code), "detail": str(detail), **rest} if not rest and code.isidentifier():
                raise ReadingRefused(code[:60], detail[:500])
            case {"broke": str(place), **rest} if not rest:
                raise ReadingDied("crash", place[:500], end.usage, at)
            case {"told": answer, **rest} if not rest:
                return Answer(answer, files, end.usage)
        raise ReadingDied("crash", "no answer", end.usage)
