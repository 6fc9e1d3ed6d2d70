"""Contents of the mail storage that rows refer to, beside those that nobody needs any more.

A content is kept once for all messages, files and companies, so that of one which is there nothing is written: whoever
refers to it says so by a lock, and who deletes it has that lock alone, from looking whether it is needed until it is
gone.
"""

from collections.abc import Collection, Iterable, Mapping

from django.db import connection, transaction

from inbox import storage
from inbox.models import Mail, MailFile

LOCK = 0x557446  # "UtF": the first of two numbers of a content's advisory lock; the second is how its hash begins


def refer_to(contents: Mapping[str, bytes]) -> None:
    """Have contents that are kept, by their hashes, stay until the transaction that refers to them ends.

    One that was deleted before anybody could know of that transaction is kept anew. Raises OSError.
    """
    hold(contents)
    for digest, content in contents.items():
        if not storage.mail_storage().exists(storage.path_of(digest)):
            storage.keep(content)


def hold(digests: Iterable[str]) -> None:
    """Have contents stay until the transaction ends, those that are there."""
    with connection.cursor() as cursor:
        for place in sorted({_place(digest) for digest in digests}):
            cursor.execute("select pg_advisory_xact_lock_shared(%s, %s)", [LOCK, place])


def forget(digest: str) -> bool:
    """Delete a content unless a message or one of its files needs it; tell whether it is gone. Raises OSError.

    The lock has to last as long as a bucket tries: what it deletes after that may be needed again.
    """
    with transaction.atomic():
        be_patient()
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s, %s)", [LOCK, _place(digest)])
        if needed([digest]):
            return False
        storage.mail_storage().delete(storage.path_of(digest))
        return True


def be_patient() -> None:
    """Let this transaction wait for a reading, or for a bucket that answers late, without being ended meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("set local idle_in_transaction_session_timeout = '5min'")


def needed(digests: Collection[str]) -> set[str]:
    """Those hashes under which a message or one of its files is kept."""
    return {
        digest
        for model in (Mail, MailFile)
        for digest in model._default_manager.filter(digest__in=digests).values_list("digest", flat=True)
    }


def _place(digest: str) -> int:
    """A few hundred locks at most, however many files a message has."""
    return int(digest[:2], 16)
