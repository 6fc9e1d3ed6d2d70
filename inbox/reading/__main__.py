"""The process that reads. Started once by a process that wants something read, it forks a child for each reading.

It imports what reading needs and then only waits: it never sees a message itself. A child sees one message, with all
given up that it doesn't need, and is gone afterwards; so nothing in a message can reach the next one.
"""

import gc
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from inbox.reading import isolation, wire
from inbox.reading.exceptions import ReadingRefused
from inbox.reading.jobs import JOBS
from inbox.reading.limits import Limits
from inbox.reading.steps import Steps
from inbox.reading.warming import warm_up

IDLE_SECONDS = 600
LOOK_AROUND = 1000  # milliseconds: whether the parent is still there
LONGEST_ORDER = 2**16
EXIT_MEMORY = 3


@dataclass
class Child:
    """A reading under way."""

    pid: int
    ended: int  # a pidfd
    status: socket.socket
    started: float


class Mother:
    """Forks children, ends those whose reader has gone or lost patience, and tells how each ended."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.parent = os.getppid()
        self.children: dict[int, Child] = {}
        self.poll = select.poll()
        self.poll.register(control, select.POLLIN)

    def run(self) -> None:
        """Serve until whoever started this is gone, or nothing was asked for long."""
        last = time.monotonic()
        while True:
            ready = dict(self.poll.poll(LOOK_AROUND))
            for child in list(self.children.values()):
                if child.status.fileno() in ready:
                    self._kill(child)
                if child.ended in ready:
                    self._over(child)
            if self.control.fileno() in ready and not self._order():
                return
            if ready or self.children:
                last = time.monotonic()
            if os.getppid() != self.parent or time.monotonic() - last > IDLE_SECONDS:
                return

    def _order(self) -> bool:
        """Fork for an order; false when nobody is left to give any."""
        order, received, _, _ = socket.recv_fds(self.control, 1, 2)
        if not order:
            return False
        job, status = (socket.socket(fileno=number) for number in received)
        try:
            with job:
                pid = os.fork()
                if pid == 0:
                    self._be_child(job)
            self._watch(pid, status)
        except OSError:
            status.close()
        return True

    def _watch(self, pid: int, status: socket.socket) -> None:
        """Have a child's end told; one that can't be watched is ended."""
        with suppress(OSError):
            os.setpgid(pid, pid)
        try:
            ended = os.pidfd_open(pid)
        except OSError:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise
        self.children[pid] = Child(pid, ended, status, time.monotonic())
        self.poll.register(ended, select.POLLIN)
        self.poll.register(status, select.POLLIN | select.POLLRDHUP)

    def _be_child(self, job: socket.socket) -> NoReturn:
        """Read, and never come back to the mother's work."""
        code = 1
        try:
            code = self._child(job)
        finally:
            os._exit(code)

    def _child(self, job: socket.socket) -> int:
        mother = os.getppid()
        os.setpgid(0, 0)
        isolation.die_with_parent(mother)
        kept = os.dup2(job.fileno(), 3)
        os.closerange(4, 4096)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        return serve(socket.socket(fileno=kept))

    def _kill(self, child: Child) -> None:
        self.poll.unregister(child.status)
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)

    def _over(self, child: Child) -> None:
        """Tell how a child ended, with what it took."""
        self.poll.unregister(child.ended)
        with suppress(KeyError):
            self.poll.unregister(child.status)
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)  # whatever it may have left behind
        _, status, usage = os.wait4(child.pid, 0)
        told = {
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
            "exit": os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0,
            "seconds": time.monotonic() - child.started,
            "peak": usage.ru_maxrss * 1024,
        }
        with suppress(OSError):
            child.status.sendall(json.dumps(told).encode("ascii"))
        child.status.close()
        os.close(child.ended)
        del self.children[child.pid]


def serve(job: socket.socket) -> int:
    """Read one message: the order in, the answer out."""
    try:
        order, files = wire.receive(job, longest_text=LONGEST_ORDER, largest=2**31)
        limits = Limits(**order["limits"])
        isolation.give_up(limits)
        left_out = {(path, step): code for path, step, code in order["options"].pop("left_out", ())}
        steps = Steps(left_out, lambda place: wire.send(job, {"at": place}, ()))
        answer = _answer(order, files.pop(), limits, steps)
        wire.send(job, *answer)
    except MemoryError:
        return EXIT_MEMORY
    except wire.WrongAnswer:
        return 1
    return 0


def _answer(order: dict[str, Any], content: bytes, limits: Limits, steps: Steps) -> tuple[dict[str, Any], list[bytes]]:
    try:
        told, files = JOBS[order["job"]](content, order["options"], limits, steps)
    except ReadingRefused as error:
        return {"refused": error.code, "detail": error.detail[:500]}, []
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - where it broke is told; what stood there isn't, for it is the sender's
        place = traceback.extract_tb(error.__traceback__)[-1]
        return {"broke": f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}"}, []
    return {"told": told}, files


def main() -> None:
    """Run as `python -m inbox.reading DESCRIPTOR`, by `inbox.reading.process` alone."""
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    isolation.leave_network()
    os.chdir("/")
    warm_up()
    gc.collect()
    gc.freeze()  # what is imported is shared with the children, not copied when they count
    Mother(control).run()


if __name__ == "__main__":
    main()
