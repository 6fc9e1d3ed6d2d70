"""Which servers of mailboxes are believed to be who they say."""

import ssl

from django.conf import settings


def trusted() -> ssl.SSLContext:
    """Whose certificates are taken: those that the machine trusts, and those of the setting. Raises OSError."""
    context = ssl.create_default_context()
    if settings.IMAP_CA_FILE:
        context.load_verify_locations(settings.IMAP_CA_FILE)
    return context
