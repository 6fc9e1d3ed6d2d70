"""Writing one document as somebody chose it, with the rules, rights and locks of a check-in."""

from access.rights import Rights
from workcopies.documents.document import Document
from workcopies.documents.theirs import read_theirs
from workcopies.landing.applying import Applier
from workcopies.landing.finding import Finder, key_of
from workcopies.landing.refusing import all_or_nothing


def write_document(*, wanted: Document | None, theirs: Document | None, rights: Rights) -> Document | None:
    """Make what the server has, `theirs` as read under its lock, what is `wanted`; None is nothing.

    Rows whose numbers `theirs` hasn't are new. Returns the document as the server has it afterwards. Raises one of
    `refusing.REFUSALS`; then nothing is written.
    """
    subject = wanted or theirs
    if subject is None or (wanted is not None and theirs is not None and wanted.says_as(theirs)):
        return theirs
    finder = Finder()
    applier = Applier(rights, finder)
    key = subject.key
    with all_or_nothing():
        if wanted is not None and theirs is not None:
            applier.check_right(wanted, "changed")
            applier.change(wanted, theirs)
        elif wanted is not None:
            applier.check_right(wanted, "created")
            key = key_of(wanted.kind, applier.create(wanted))
        else:
            applier.check_right(subject, "deleted")
            applier.delete(subject)
    return read_theirs([(subject.register, key)]).get((subject.register, key))
