"""A content is kept once for all who need it: none is deleted while somebody begins to."""

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest
from django.db import connection, transaction

from inbox import contents, storage
from inbox.models import Mail

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
def test_a_content_that_was_deleted_meanwhile_is_kept_anew() -> None:
    storage.keep(CONTENT)
    contents.forget(DIGEST)
    with pytest.raises(FileNotFoundError):
        storage.content_of(DIGEST)
    contents.refer_to({DIGEST: CONTENT})
    assert storage.content_of(DIGEST) == CONTENT
