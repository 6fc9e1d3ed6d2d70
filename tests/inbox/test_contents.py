"""A content is kept once for all who need it: none is deleted while somebody begins to."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest
from django.db import DataError, connection, transaction
from pytest_django import Settings

from inbox import contents, keeping, storage
from inbox.lost import lost_envelopes, take_in
from inbox.models import Mail, MailFile
from inbox.receiving import receive

CONTENT = b"the same once more"
DIGEST = sha256(CONTENT).hexdigest()


def forget() -> None:
    try:
        contents.forget(DIGEST)
    finally:
        connection.close()


def waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select exists (select from pg_locks where classid = %s and not granted)", [contents.LOCK])
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_content_that_is_just_being_referred_to_is_not_deleted() -> None:
    storage.keep(CONTENT)
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            contents.refer_to({DIGEST: CONTENT})
            deleting = threads.submit(forget)
            while not waits() and not deleting.done():
                pass
            Mail.objects.create(digest=DIGEST, size=len(CONTENT))
        deleting.result()
    assert storage.content_of(DIGEST) == CONTENT


@pytest.mark.django_db
def test_what_nothing_refers_to_is_deleted_after_the_days_of_the_setting(settings: Settings, tmp_path: Path) -> None:
    settings.UTKORG_MAIL_FOLDER = str(tmp_path)
    settings.UTKORG_MAIL_DAYS = 90
    refused, recent = storage.keep(b"refused"), storage.keep(b"refused a while ago")
    mail = receive(content=b"a message", company=None, source="smtp")
    file = MailFile.objects.create(mail=mail, part="1", media_type="x", size=1, digest=storage.keep(b"its file"))
    long_ago = time.time() - 91 * 86_400
    for digest in (refused, mail.digest, file.digest):
        os.utime(tmp_path / storage.path_of(digest), (long_ago, long_ago))
    lost = receive(content=b"lost with a database", company=None, source="smtp")
    lost.delete()
    assert keeping.delete_unneeded() == 0
    take_in(lost_envelopes()[0])
    settings.UTKORG_MAIL_DAYS = 0
    assert keeping.delete_unneeded() == 0
    settings.UTKORG_MAIL_DAYS = 90
    assert keeping.delete_unneeded() == 1
    kept = [digest for digest in (refused, recent, mail.digest, file.digest, lost.digest) if is_kept(digest)]
    assert kept == [recent, mail.digest, file.digest, lost.digest]


def is_kept(digest: str) -> bool:
    return storage.mail_storage().exists(storage.path_of(digest))


@pytest.mark.django_db
def test_a_content_that_was_deleted_meanwhile_is_kept_anew() -> None:
    storage.keep(CONTENT)
    contents.forget(DIGEST)
    with connection.cursor() as cursor:
        cursor.execute("show idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("5min",), "its lock lasts as long as a bucket may try"
    with pytest.raises(FileNotFoundError):
        storage.content_of(DIGEST)
    contents.refer_to({DIGEST: CONTENT})
    assert storage.content_of(DIGEST) == CONTENT


@pytest.mark.django_db
def test_a_message_that_the_database_does_not_take_leaves_no_envelope(settings: Settings, tmp_path: Path) -> None:
    settings.UTKORG_MAIL_FOLDER = str(tmp_path)
    with pytest.raises(DataError):
        receive(content=CONTENT, company=None, source="a carrier pigeon")
    assert list(storage.envelopes()) == []
    assert is_kept(DIGEST)
