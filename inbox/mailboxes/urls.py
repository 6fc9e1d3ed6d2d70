"""How a mailbox is named in the settings: `imaps://user:password@host:993/INBOX?company=100&move_to=Archive`."""

import dataclasses
import re
from collections.abc import Iterable
from urllib.parse import parse_qs, unquote, urlsplit

OPTIONS = {"company", "move_to", "begin"}
BEGIN = {"unseen", "all"}
PORTS = {"imap": 143, "imaps": 993}
COMPANY = re.compile(r"[A-Za-z0-9._-]{1,32}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mailbox:
    """A folder on a server, and what is done with its messages."""

    host: str
    port: int
    encrypted: bool
    user: str
    password: str = dataclasses.field(repr=False)
    folder: str = "INBOX"
    company: str = ""
    """All its messages are this company's; empty: whose they are, their addresses tell."""
    move_to: str = ""
    """Where a message goes once it is stored; empty: it is marked as read and stays."""
    begin: str = "unseen"
    """Of what was there before the first time: what nobody has read, or all."""

    @property
    def name(self) -> str:
        """What it is called in logs and messages."""
        return f"{self.user}@{self.host}/{self.folder}"

    def without_password(self, error: object) -> str:
        """What went wrong, as it may be told."""
        return str(error).replace(self.password, "[hidden]")


def parse(url: str) -> Mailbox:
    """Read the name of a mailbox. Raises ValueError, which doesn't repeat it: it holds a password."""
    try:
        read = urlsplit(url.strip())
        host, port = read.hostname, read.port
        options = parse_qs(read.query, strict_parsing=bool(read.query))
    except ValueError:
        raise ValueError("it is no address; what isn't a letter or a digit is written as %40 and so on") from None
    if read.scheme not in PORTS:
        raise ValueError("it doesn't begin with imaps:// or imap://")
    if not (host and read.username and read.password):
        raise ValueError("user, password or host are missing")
    if set(options) - OPTIONS or any(len(values) > 1 for values in options.values()):
        raise ValueError(f"after the question mark stand {', '.join(sorted(OPTIONS))}, each once")
    chosen = {name: values[0] for name, values in options.items()}
    if "company" in chosen and not COMPANY.fullmatch(chosen["company"]):
        raise ValueError("company isn't a company's number")
    if chosen.get("begin", "unseen") not in BEGIN:
        raise ValueError("begin is unseen or all")
    return Mailbox(
        host=host,
        port=port or PORTS[read.scheme],
        encrypted=read.scheme == "imaps",
        user=unquote(read.username),
        password=unquote(read.password),
        folder=unquote(read.path.strip("/")) or "INBOX",
        **chosen,
    )


def parse_all(urls: Iterable[str]) -> list[Mailbox]:
    """Read several. Raises ValueError that tells which by its place."""
    found: list[Mailbox] = []
    for place, url in enumerate(urls, start=1):
        try:
            found.append(parse(url))
        except ValueError as error:
            raise ValueError(f"number {place}: {error}") from None
    if len({mailbox.name for mailbox in found}) < len(found):
        raise ValueError("a mailbox is named twice")
    return found
