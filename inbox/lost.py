"""Messages that a database restored from a backup lacks: their envelopes stand in the mail storage, no row does."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import islice
from uuid import UUID

from django.db import IntegrityError, transaction

from inbox import contents, storage
from inbox.addresses import find
from inbox.exceptions import CompanyGone, ContentGone
from inbox.models import Mail
from inbox.receiving import TASK
from inbox.storage import Envelope
from ledger.models import Company
from notices.turns import ask

AT_ONCE = 1_000


def lost_envelopes(*, since: date | None = None) -> list[Envelope]:
    """Return the envelopes from a day on whose message the database lacks, the oldest first; no other is opened.

    Who died between envelope and row had told the sender nothing: what came again then is there.
    """
    found: list[Envelope] = []
    names = storage.envelope_paths(since=since)
    while some := list(islice(names, AT_ONCE)):
        here = _known([uid for uid, _path in some])
        absent = [it for uid, path in some if uid not in here and (it := storage.envelope_at(path)) is not None]
        again = _came_again(absent)
        found += [envelope for envelope in absent if envelope.uid not in again]
    return sorted(found, key=lambda envelope: (envelope.received_at, envelope.uid))


def take_in(envelope: Envelope) -> Mail | None:
    """Make a message's row anew, in the caller's transaction or one of its own, and have it read as if it had just
    come; None where it is there already.

    Raises ContentGone where it can't be had any more, and CompanyGone where its company isn't here.
    """
    company = None
    if envelope.company is not None:
        company = Company.objects.filter(number=envelope.company).first()
        if company is None:
            raise CompanyGone(company=envelope.company)
    mail = Mail(
        uid=envelope.uid,
        company=company,
        address=find(envelope.address),
        source=envelope.source,
        digest=envelope.digest,
        size=envelope.size,
        recipient=envelope.address[:320],
        envelope_sender=envelope.sender[:320],
        received_at=envelope.received_at,
    )
    try:
        with transaction.atomic():
            contents.hold([envelope.digest])
            if not storage.mail_storage().exists(storage.path_of(envelope.digest)):
                raise ContentGone
            mail.save(force_insert=True)
    except IntegrityError:
        if _known([envelope.uid]):
            return None
        raise
    transaction.on_commit(lambda: ask(TASK, mail), robust=True)
    return mail


def _came_again(absent: Sequence[Envelope]) -> set[UUID]:
    rows = Mail.objects.filter(digest__in={envelope.digest for envelope in absent})
    last: dict[tuple[str | None, str], datetime] = {}
    for company, digest, at in rows.order_by("received_at").values_list("company__number", "digest", "received_at"):
        last[company, digest] = at
    return {
        envelope.uid
        for envelope in absent
        if (again := last.get((envelope.company, envelope.digest))) is not None and again >= envelope.received_at
    }


def _known(uids: Sequence[UUID]) -> set[UUID]:
    return set(Mail.objects.filter(uid__in=uids).values_list("uid", flat=True))
