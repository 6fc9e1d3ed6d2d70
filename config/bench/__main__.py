"""The measuring process: `python -m config.bench SIZES FILE`, started by `config.bench.run` with its services."""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import django

django.setup()

from config.bench import (  # noqa: E402
    backlog,
    books,
    capture,
    fan_out,
    fetch,
    hours,
    keys,
    mails,
    peer,
    pending,
    reconciliation,
    screens,
    sie,
    subscribers,
    trace,
    transfer,
    working_copies,
)
from config.bench.databases import Copy, scalar  # noqa: E402
from config.bench.figures import Figure  # noqa: E402
from config.bench.http import Client  # noqa: E402
from config.bench.programs import programs  # noqa: E402
from config.bench.sizes import Sizes  # noqa: E402
from config.embedded.home import utkorg_home  # noqa: E402

BEGAN = time.monotonic()


def tell(text: str) -> None:
    """A line of progress."""
    print(f"[{time.monotonic() - BEGAN:4.0f} s] {text}", file=sys.stderr, flush=True)


def measure(sizes: Sizes) -> Iterator[Figure]:
    """Every figure, the lasting ones last."""
    _check_durable()
    little, much = screens.copies()
    tell("registers")
    books.make(sizes)
    found = subscribers.make(sizes.subscriptions)
    backlogged = Copy("backlog")
    backlogged.create()
    tell("backlog")
    with backlogged.used():
        made = backlog.make(found, sizes.backlog_rows)
    tell(f"backlog: {made}")
    yield from capture.measure(sizes)
    yield from fan_out.measure(sizes, found, backlogged)
    with backlogged.used(), programs(_named(backlogged.name)) as port:
        client = Client(port, found.key)
        yield from pending.measure(sizes, found, client, port)
        yield from fetch.measure(sizes, found, client)
        yield from keys.measure(sizes, port)
        tell("hours")
        yield from hours.measure(sizes, port)
    yield from trace.measure(sizes, found)
    yield from peer.measure(sizes, found)
    yield from transfer.measure(sizes, found)
    yield from reconciliation.measure(sizes, found)
    yield from sie.measure(sizes, utkorg_home().path)
    tell("working copies")
    yield from working_copies.measure(sizes, utkorg_home().path)
    tell("mails")
    yield from mails.measure(sizes, utkorg_home().path)
    tell("screens")
    yield from screens.measure(sizes, little, much)


def _check_durable() -> None:
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        if scalar(f"show {setting}") == "off":
            tell(f"NOT DURABLE: this server runs with {setting} = off, so no figure means what it says")


def _named(database: str) -> str:
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}"))


def main() -> None:
    sizes, file = Sizes.from_json(sys.argv[1]), Path(sys.argv[2])
    figures = []
    for figure in measure(sizes):
        figures.append(figure.as_dict())
        tell(f"{figure.name}: {figure.ratio:.2f} (goal {figure.goal:g}, {'met' if figure.met else 'NOT MET'})")
    file.write_text(json.dumps(figures), encoding="utf-8")


if __name__ == "__main__":
    main()
