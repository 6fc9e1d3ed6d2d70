"""The web server of a working copy: this machine's, for one person."""

import socket

import uvicorn
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.db import connections

from workcopies.offline import current
from workcopies.offline.opening import Opened

SECONDS_TO_FINISH = 3


def serve(copy: Opened, place: socket.socket) -> None:
    """Answer at a socket until somebody stops it."""
    database = connections.settings["default"]
    database["NAME"] = copy.address
    # Who begins to write has the file to itself at once, instead of finding it taken when it is too late to wait.
    database["OPTIONS"] = {"uri": True, "transaction_mode": "DEFERRED" if copy.is_read_only else "IMMEDIATE"}
    current.work_in(copy)
    configuration = uvicorn.Config(
        ASGIStaticFilesHandler(get_asgi_application()),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
    )
    try:
        uvicorn.Server(configuration).run(sockets=[place])
    except KeyboardInterrupt:
        pass  # Ctrl-C is how it is closed
    finally:
        connections.close_all()
