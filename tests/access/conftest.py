"""What the tests of access share: a mail server."""

from tests.mail import mail_server, mailbox

__all__ = ["mail_server", "mailbox"]
