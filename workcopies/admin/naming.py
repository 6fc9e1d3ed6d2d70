"""What a conflict is called, and what it is about in a few words."""

from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from workcopies import resolving
from workcopies.admin.columns import Columns
from workcopies.choosing import ROWS
from workcopies.models import Conflict

MOST_FIELDS = 3


def title_of(conflict: Conflict) -> str:
    """The document with what it is: `Voucher A 17 (2024)`."""
    return f"{register_of(conflict)} {conflict.name}"


def register_of(conflict: Conflict) -> str:
    """What its document is called; where a register holds several types of them, by the type."""
    kind = resolving.kind_of(conflict)
    label = kind.label_of(_key(conflict)) if len(kind.types) > 1 else kind.model._meta.verbose_name
    return str(capfirst(str(label)))


def differing(conflict: Conflict) -> str:
    """What both sides changed, in a few words."""
    columns = Columns(resolving.kind_of(conflict))
    if conflict.mine is None:
        return gettext("deleted in the copy, changed here")
    if conflict.theirs is None:
        return gettext("deleted here, changed in the copy")
    fields = [name for name in conflict.fields if not name.startswith(f"{ROWS}.")]
    words = [columns.of(name).word for name in fields]
    rows = {name.split(".")[1] for name in conflict.fields if name.startswith(f"{ROWS}.")}
    if rows:
        words.append(ngettext("%(count)s row", "%(count)s rows", len(rows)) % {"count": len(rows)})
    told = words[:MOST_FIELDS]
    if more := len(words) - len(told):
        told.append(gettext("%(count)s more") % {"count": more})
    return ", ".join(told)


def _key(conflict: Conflict) -> tuple[str, ...]:
    kept = conflict.theirs or conflict.mine or conflict.base
    return tuple(kept["key"])
