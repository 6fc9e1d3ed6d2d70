"""Publishes the credentials as soon as web server and mail server answer, which makes /healthz say that all is well."""

import os
import socket
import sys
import time
import urllib.error
import urllib.request
from http import HTTPStatus

from config.embedded.home import utkorg_home


def answers(url: str) -> bool:
    """Whether the web server works; that it is asked too early (503) is an answer as well.

    Ends this process, and so `make run`, where it answers that it is broken.
    """
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310  # the address is our own
            return True
    except urllib.error.HTTPError as error:
        if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
            sys.exit(f"the web server answers {error.code}; see web.log")
        return True
    except OSError:
        return False


def listens(port: int) -> bool:
    """Whether the mail server does."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False


def main() -> None:
    home = utkorg_home()
    while not answers(f"http://127.0.0.1:{os.environ['PORT']}/healthz"):
        time.sleep(0.1)
    while not listens(int(os.environ["SMTP_PORT"])):
        time.sleep(0.1)
    if home.unpublished_credentials.exists():
        home.unpublished_credentials.replace(home.credentials)


if __name__ == "__main__":
    main()
