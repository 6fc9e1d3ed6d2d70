"""The baseline of receiving mail: `python -m config.bench.raw_mail PORT FOLDER`, aiosmtpd with nothing but a file."""

import asyncio
import os
import sys
import uuid
from pathlib import Path
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session


class Files:
    """Writes each message to a file that is on the disk before its sender is told so."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The library's name."""
        await asyncio.to_thread(self._write, cast(bytes, envelope.content))
        return "250 OK"

    def _write(self, content: bytes) -> None:
        with (self._folder / uuid.uuid4().hex).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


async def serve(port: int, folder: Path) -> None:
    """Until it is killed."""
    handler = Files(folder)
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(handler), "127.0.0.1", port, backlog=100)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
