"""The mail storage in a bucket, asked over HTTP of a server that speaks S3."""

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta

import boto3
import pytest
from django.utils import timezone
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from inbox import storage
from inbox.lost import lost_envelopes, take_in
from inbox.models import Mail
from inbox.receiving import receive
from tests import factories
from tests.inbox.test_storage import envelope

BUCKET = "mails"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadedMotoServer]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "only-for-tests")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    started = ThreadedMotoServer(port=0, verbose=False)
    started.start()
    yield started
    started.stop()


@pytest.fixture(autouse=True)
def _bucket(server: ThreadedMotoServer, settings: Settings) -> None:
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    # Each test's own: the server's buckets outlive it in this process.
    name = f"{BUCKET}-{port}"
    boto3.client("s3", endpoint_url=address).create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-north-1"}
    )
    options = {"bucket_name": name, "endpoint_url": address, "default_acl": None, "file_overwrite": True}
    settings.STORAGES = {**settings.STORAGES, "mails": {"BACKEND": "inbox.bucket.MailBucket", "OPTIONS": options}}


def test_a_content_is_kept_once_byte_for_byte() -> None:
    content = b"Subject: \xff\r\n\r\n" + bytes(range(256))
    digest = storage.keep(content)
    assert digest == hashlib.sha256(content).hexdigest()
    assert storage.keep(content) == digest
    assert storage.content_of(digest) == content
    now = timezone.now()
    found = [list(storage.digests_before(now + timedelta(hours=hours))) for hours in (-1, 1)]
    assert found == [[], [digest]]
    with pytest.raises(FileNotFoundError):
        storage.content_of("0" * 64)


def test_envelopes_come_by_day() -> None:
    assert list(storage.envelopes()) == []
    noted = [envelope(day=day) for day in (2, 1, 3)]
    for one in noted:
        storage.note(one)
    assert list(storage.envelopes()) == sorted(noted, key=lambda one: one.received_at)
    assert list(storage.envelopes(since=date(2026, 11, 3))) == [noted[2]]


@pytest.mark.django_db
def test_a_message_whose_row_is_lost_is_found_and_taken_in_once() -> None:
    company = factories.CompanyFactory.create(number="100")
    kept, lost = (receive(content=content, company=company, source="smtp") for content in (b"1", b"2"))
    lost.delete()
    (found,) = lost_envelopes()
    assert found.uid == lost.uid
    made = take_in(found)
    assert made is not None
    assert (made.uid, made.digest, made.status) == (lost.uid, lost.digest, "waiting")
    assert take_in(found) is None
    assert lost_envelopes() == []
    assert set(Mail.objects.values_list("uid", flat=True)) == {kept.uid, lost.uid}


@pytest.mark.django_db
def test_what_cant_be_stored_is_an_error_and_no_message(server: ThreadedMotoServer) -> None:
    company = factories.CompanyFactory.create(number="100")
    server.stop()
    with pytest.raises(OSError, match="mail storage failed"):
        receive(content=b"1", company=company, source="smtp")
    assert not Mail.objects.exists()
    server.start()
