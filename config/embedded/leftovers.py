"""Processes that an earlier `make run` of this home left behind because it was killed itself."""

import signal
from collections.abc import Iterator
from pathlib import Path

import psutil

from config.embedded.home import Home

# Set for everything that the supervisor starts; names the home that a process works for.
MARK = "UTKORG_SUPERVISED_HOME"
SERVERS = {"postgres", "valkey-server"}
SECONDS_TO_END = 60


def end_leftovers(home: Home) -> int:
    """Ask them to end, wait, kill what stays. Returns how many there were. Only under the home's lock."""
    programs = list(_marked(home))
    servers = [*_working_in(home.valkey), *_working_in(home.postgres)]
    # Programs first, so that the database has nobody left to wait for.
    _end(programs, signal.SIGTERM)
    _end(servers, signal.SIGINT)
    _forget_dead_server(home)
    return len(programs) + len(servers)


def _end(processes: list[psutil.Process], asking: signal.Signals) -> None:
    for process in processes:
        _signal(process, asking)
    _gone, alive = psutil.wait_procs(processes, timeout=SECONDS_TO_END)
    for process in alive:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=SECONDS_TO_END)


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _marked(home: Home) -> Iterator[psutil.Process]:
    own = {process.pid for process in [psutil.Process(), *psutil.Process().parents()]}
    for process in psutil.process_iter():
        try:
            marked = process.environ().get(MARK) == str(home.path)
        except (psutil.Error, OSError):
            continue
        if marked and process.pid not in own:
            yield process


def _working_in(data: Path) -> Iterator[psutil.Process]:
    """The server of a data folder. Servers overwrite their environment with a title, so they bear no mark."""
    for process in psutil.process_iter():
        try:
            parent = process.parent()
            inside = process.name() in SERVERS and process.cwd() == str(data)
            is_first = parent is None or parent.name() not in SERVERS
        except (psutil.Error, OSError):
            continue
        if inside and is_first:
            yield process


def _forget_dead_server(home: Home) -> None:
    """Drop the note of a server that is no more: its number may be another program's by now."""
    if not any(_working_in(home.postgres)):
        (home.postgres / "postmaster.pid").unlink(missing_ok=True)
