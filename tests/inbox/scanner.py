"""A virus scanner that speaks clamd's protocol, on a socket of its own."""

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# The test file that every scanner knows, in two pieces so that no scanner finds it here
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-" + rb"TEST-FILE!$H+H*"


@dataclass
class Scanner:
    """What it was asked to scan, and how it behaves."""

    place: str
    limit: int = 25 * 1024 * 1024
    says: str = ""  # instead of a verdict
    scanned: list[bytes] = field(default_factory=list)


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        scanner: Scanner = self.server.scanner  # type: ignore[attr-defined]
        command = b""
        while not command.endswith(b"\0"):
            if not (byte := self.rfile.read(1)):
                return
            command += byte
        if command == b"zPING\0":
            self.wfile.write(b"PONG\0")
        elif command == b"zINSTREAM\0":
            self.wfile.write(self._scan(scanner).encode() + b"\0")
        else:
            self.wfile.write(b"UNKNOWN COMMAND\0")

    def _scan(self, scanner: Scanner) -> str:
        content = b""
        while length := struct.unpack("!L", self.rfile.read(4))[0]:
            content += self.rfile.read(length)
            if len(content) > scanner.limit:
                return "INSTREAM size limit exceeded. ERROR"
        scanner.scanned.append(content)
        if scanner.says:
            return scanner.says
        return "stream: Eicar-Test-Signature FOUND" if EICAR in content else "stream: OK"


class _Unix(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class _Tcp(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True


@contextmanager
def scanner(path: Path | None = None) -> Iterator[Scanner]:
    """Run one: on a Unix socket, or without a path on a port."""
    server = _Unix(str(path), _Handler) if path else _Tcp(("127.0.0.1", 0), _Handler)
    address: Any = server.server_address
    place = str(path) if path else f"127.0.0.1:{address[1]}"
    server.scanner = Scanner(place=place)  # type: ignore[union-attr]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.scanner  # type: ignore[union-attr]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
