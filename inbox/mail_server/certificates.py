"""The certificate that STARTTLS shows; one that was renewed on the disk is used from then on."""

import logging
import ssl
from pathlib import Path

logger = logging.getLogger(__name__)


class Certificate:
    """A certificate with its key, in files."""

    def __init__(self, certificate: str, key: str) -> None:
        self._files = (certificate, key)
        self._context = load(*self._files)
        self._changed_at = self._when()

    def context(self) -> ssl.SSLContext:
        """Return what a connection needs, of the files as they are now, or as they last could be read."""
        try:
            if (changed_at := self._when()) != self._changed_at:
                self._context = load(*self._files)
                self._changed_at = changed_at
        except (OSError, ssl.SSLError) as error:
            logger.warning("The renewed certificate can't be read, so the old one is still used: %s", error)
        return self._context

    def _when(self) -> list[int]:
        return [Path(file).stat().st_mtime_ns for file in self._files]


def load(certificate: str, key: str) -> ssl.SSLContext:
    """Read a certificate and its key. Raises OSError and ssl.SSLError."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context
