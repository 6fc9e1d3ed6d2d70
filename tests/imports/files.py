"""Files put in as people do, and workers that go on with them."""

from pathlib import Path

from django.contrib.auth.models import User
from django.core.files.base import ContentFile

from imports import running, services
from imports.models import FileImport
from tests import factories
from tests.ledger.saft_files import saft

SAMPLE = Path(__file__).parent.parent.parent / "config" / "sample" / "avendo-ovningsbolaget-typ4.se"


def put_in(
    content: str | bytes | None = None, *, name: str = "books.xml", company: str = "", user: User | None = None
) -> FileImport:
    """A file that has arrived."""
    text = saft() if content is None else content
    data = text.encode() if isinstance(text, str) else text
    return services.receive(
        upload=ContentFile(data, name=name),
        name=name,
        company_number=company,
        started_by=user or factories.SuperuserFactory.create(),
    )


def work(file_import: FileImport) -> FileImport:
    """Let a worker go on with it."""
    running.run(import_id=file_import.pk)
    return FileImport.objects.get(pk=file_import.pk)


def imported(file_import: FileImport) -> FileImport:
    """Let it be read, confirm it, and let it be imported."""
    return work(services.confirm(file_import=work(file_import)))
