"""What the tests of the e-mail portal share."""

from tests.mail import mail_server, mailbox

__all__ = ["mail_server", "mailbox"]
