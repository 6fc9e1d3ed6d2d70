"""What every view that writes registers shares: whose writes they are, and that nobody's are lost."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils.http import parse_etags
from django.utils.translation import gettext as _

from access.http.journaling import JournaledView
from access.http.problems import Problem
from access.http.scope import KeyScope
from access.origin import write_as


class WritingView(JournaledView, KeyScope):
    """A view whose changes carry the key's application to subscribers, as `origin`, and stand in the journal."""

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction for all that a request writes; whatever escapes it leaves nothing."""
        with transaction.atomic():
            write_as(self.key.application)
            yield
            self.note_write()

    def check_if_match(self, etag: str) -> None:
        """Raise 412 if the caller has read another state than this; `etag` is of a row that is locked.

        Weak tags never match, `*` matches whatever there is. Source: RFC 9110 §13.1.1.
        """
        asked = self.request.headers.get("If-Match")
        if asked is None or asked.strip() == "*":
            return
        if etag not in parse_etags(asked) or etag.startswith("W/"):
            raise Problem(
                "precondition_failed", _("It was changed meanwhile. Read it again, and change what is there now.")
            )
