"""Processes that an earlier `make run` of this home left behind because it was killed itself."""

import signal
from collections.abc import Iterator

import psutil

from config.embedded.home import Home

# Set for everything that the supervisor starts; names the home that a process works for.
MARK = "UTKORG_SUPERVISED_HOME"
SECONDS_TO_END = 60


def end_leftovers(home: Home) -> int:
    """Ask them to end, wait, kill what stays. Returns how many there were. Only under the home's lock."""
    found = list(_marked(home))
    servers = list(_database_servers(home))
    # Programs first, so that the database has nobody left to wait for.
    _end(found, signal.SIGTERM)
    _end(servers, signal.SIGINT)
    _forget_dead_server(home)
    return len(found) + len(servers)


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
            is_database = process.name() == "postgres"
        except (psutil.Error, OSError):
            continue
        if marked and not is_database and process.pid not in own:
            yield process


def _database_servers(home: Home) -> Iterator[psutil.Process]:
    """Servers that work in this home's data folder; PostgreSQL overwrites its environment with its title."""
    for process in psutil.process_iter():
        try:
            inside = process.name() == "postgres" and process.cwd() == str(home.postgres)
            starts_others = inside and (process.ppid() == 1 or process.parent().name() != "postgres")
        except (psutil.Error, OSError, AttributeError):
            continue
        if starts_others:
            yield process


def _forget_dead_server(home: Home) -> None:
    """Drop the note of a server that is no more: its number may be another program's by now."""
    if not any(_database_servers(home)):
        (home.postgres / "postmaster.pid").unlink(missing_ok=True)
