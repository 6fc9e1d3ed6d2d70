"""What whoever put a file in is told, on whatever page they are, and later if they are away."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from imports.models import FileImport
from ledger.importing.messages import restored
from notices import kinds
from notices.kinds import Words
from notices.models import Notice
from notices.services import tell

DONE, REFUSED, FAILED, READ = (f"import_{state}" for state in ("done", "refused", "failed", "read"))
# Who waits so long has gone to another page.
LONG = timedelta(seconds=15)


def tell_done(file_import: FileImport) -> None:
    """The file is imported."""
    report = file_import.report
    company = f"{report['company']} {report['company_name']}"
    counts = {name: report["changes"][f"vouchers_{name}"] for name in ("created", "changed", "unchanged")}
    _tell(file_import, DONE, Notice.Level.SUCCESS, company=company, **counts)


def tell_read(file_import: FileImport) -> None:
    """The file is read and waits for a person, who may be elsewhere by now."""
    if file_import.begun_at and timezone.now() - file_import.begun_at > LONG:
        _tell(file_import, READ, Notice.Level.INFO)


def tell_refused(file_import: FileImport) -> None:
    """The file is refused, or its import broke off."""
    kind = REFUSED if file_import.status == FileImport.Status.REFUSED else FAILED
    error = file_import.error
    _tell(file_import, kind, Notice.Level.ERROR, line=error["line"], reason=error["reason"])


def register() -> None:
    """Make the kinds known."""
    kinds.register(DONE, lambda said: Words(_("%(file)s is imported") % said, _outcome(said)))
    kinds.register(READ, lambda said: Words(_("%(file)s is read") % said, _("Look at it, and import it.")))
    kinds.register(REFUSED, lambda said: Words(_("%(file)s is refused") % said, _reason(said)))
    kinds.register(FAILED, lambda said: Words(_("The import of %(file)s broke off") % said, _reason(said)))


def _tell(file_import: FileImport, kind: str, level: Notice.Level, **more: Any) -> None:
    if file_import.started_by is not None:
        tell(
            user=file_import.started_by,
            kind=kind,
            parameters={"file": file_import.name, **more},
            url=reverse("admin:imports_fileimport_change", args=[file_import.pk]),
            level=level,
        )


def _outcome(said: Mapping[str, Any]) -> str:
    new = ngettext("%(new)s new voucher", "%(new)s new vouchers", said["created"])
    numbers = {
        "company": said["company"],
        "new": new % {"new": number_format(said["created"], force_grouping=True)},
        "changed": number_format(said["changed"], force_grouping=True),
        "unchanged": number_format(said["unchanged"], force_grouping=True),
    }
    return _("%(company)s: %(new)s, %(changed)s changed, %(unchanged)s unchanged") % numbers


def _reason(said: Mapping[str, Any]) -> str:
    return _("Line %(line)s: %(reason)s") % {"line": said["line"], "reason": restored(said["reason"])}
