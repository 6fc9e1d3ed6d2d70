"""Telling people of keys: a message that the bell rings for, and a letter where e-mail reaches anybody."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.urls import reverse

from access import wording
from access.administrators import concerned
from access.language import language_of
from access.models import ApiKey, KeyLetter
from notices.letters import Post, reach_people
from notices.models import Notice
from notices.services import tell

SEND = "access.tasks.send_letter"

post = Post(letters=KeyLetter, task=SEND, words=wording.of, language=language_of, name="utkorg.key")


def tell_of(key: ApiKey, *, kind: KeyLetter.Kind, level: Notice.Level, details: Mapping[str, Any]) -> None:
    """Tell everybody concerned, within the transaction of the event; letters are sent after its commit."""
    content = {
        "key": key.name,
        "public_id": key.public_id,
        "application": key.application.name,
        "owner": key.owner.get_full_name() or key.owner.get_username(),
        "place": str(key.office or key.company or ""),
        "pk": key.pk,
        **details,
    }
    people = concerned(key)
    for user in people:
        tell(user=user, kind=wording.MESSAGES[kind], parameters=content, url=url_of(key), level=level)
    if not reach_people():
        return
    written = KeyLetter.objects.bulk_create(
        KeyLetter(key=key, kind=kind, user=user, address=user.email, content=content) for user in people if user.email
    )

    def enqueue() -> None:
        for letter in written:
            post.enqueue(letter.pk)

    transaction.on_commit(enqueue, robust=True)


def url_of(key: ApiKey) -> str:
    """The page on which something can be done about it."""
    return reverse("admin:access_apikey_change", args=[key.pk])
