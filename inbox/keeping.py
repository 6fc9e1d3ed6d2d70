"""How long messages are kept: what an invoice came with for ever, what was removed from quarantine for a time, and what
nobody refers to as long."""

import logging
from datetime import timedelta
from itertools import islice

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from inbox import contents, storage
from inbox.lost import lost_envelopes
from inbox.models import Mail
from inbox.receiving import envelope_of

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 500
LOOKED_UP_AT_ONCE = 1_000
REMOVED = Mail.Status.REMOVED


def delete_removed() -> int:
    """Delete what was removed from quarantine long ago; return how many messages.

    A content that another message or its files need stays. The envelope goes first, since one without a row would be
    taken for that of a lost message; then the row, then the bytes: a death in between leaves bytes that nobody asks
    for, never a row without them.
    """
    if not settings.UTKORG_MAIL_DAYS:
        return 0
    until = timezone.now() - timedelta(days=settings.UTKORG_MAIL_DAYS)
    over = Mail.objects.filter(status=REMOVED, settled_at__lt=until, invoices=None).order_by("pk")
    deleted = 0
    for key in list(over.values_list("pk", flat=True)[:MOST_AT_ONCE]):
        deleted += _delete(key)
    return deleted


def delete_unneeded() -> int:
    """Delete contents that nothing has referred to for long: of documents that were refused, and what a death left;
    return how many.

    None while messages are kept that the database lacks: it was restored, and their files are known to nobody yet; or
    it is another's copy.
    """
    if not settings.UTKORG_MAIL_DAYS:
        return 0
    if lost := lost_envelopes():
        logger.warning(
            "%d messages are kept that the database lacks, the first %s of %s: nothing is cleaned up.",
            len(lost),
            lost[0].uid,
            lost[0].received_at.date(),
        )
        return 0
    digests = storage.digests_before(timezone.now() - timedelta(days=settings.UTKORG_MAIL_DAYS))
    deleted = 0
    while some := list(islice(digests, LOOKED_UP_AT_ONCE)):
        deleted += sum(map(contents.forget, set(some) - contents.needed(some)))
    return deleted


def _delete(key: int) -> int:
    try:
        return _delete_at_once(key)
    except OSError:
        logger.warning("Message %s stays until its envelope can be deleted.", key, exc_info=True)
    return 0


def _delete_at_once(key: int) -> int:
    with transaction.atomic():
        contents.be_patient()
        # Somebody may be taking it back at this moment.
        mail = Mail.objects.select_for_update(of=("self",)).filter(pk=key, status=REMOVED).first()
        if mail is None:
            return 0
        digests = {mail.digest, *mail.files.values_list("digest", flat=True)}
        storage.mail_storage().delete(envelope_of(mail).path)
        mail.delete()
        transaction.on_commit(lambda: _forget(digests))
    return 1


def _forget(digests: set[str]) -> None:
    """Delete what nothing needs any more; what stays is found by `delete_unneeded`."""
    for digest in digests:
        try:
            contents.forget(digest)
        except OSError:
            logger.warning("%s couldn't be deleted from the storage of messages.", digest, exc_info=True)
