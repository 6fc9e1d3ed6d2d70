"""When `make run` says that it is ready."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from config.embedded.announce import answers


@contextmanager
def web_server(status: int) -> Iterator[str]:
    """A web server that answers everything with this status; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/healthz"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("status", [200, 503])
def test_a_web_server_that_works_answers_even_when_asked_too_early(status: int) -> None:
    with web_server(status) as address:
        assert answers(address)


def test_nobody_there_is_no_answer() -> None:
    with web_server(200) as address:
        pass
    assert not answers(address)


def test_a_broken_web_server_is_not_ready_and_ends_the_wait() -> None:
    with web_server(500) as address, pytest.raises(SystemExit, match="500"):
        answers(address)
