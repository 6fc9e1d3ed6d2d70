"""`/api/v1/working-copies/check-in`: put the file on the disk, ask the service, tell what became of it."""

from pathlib import Path
from typing import ClassVar

from django.conf import settings
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.models import Company
from revisions.installation import installation
from workcopies.api import openapi
from workcopies.api.files import BYTES, FILE, BytesParser, FileParser, received
from workcopies.api.serializers import CheckInQuery
from workcopies.api.views import CopyScope
from workcopies.checking_in import check_in
from workcopies.file.reading import open_file

CHECK_IN = "workcopies.check_in"


class CheckInView(CopyScope):
    """Where working copies are checked in."""

    required_permissions: ClassVar = {"POST": CHECK_IN}
    parser_classes = (FileParser, BytesParser)
    problem_codes: ClassVar = {"POST": ("withdrawn", "changed_meanwhile", "too_large", "disk_full")}

    @openapi.check_in
    def post(self, request: Request) -> Response:
        """Take in what the copy changed, or tell what would become of it."""
        options = CheckInQuery.read(request)
        if (request.content_type or "").partition(";")[0].strip().lower() not in {FILE, BYTES}:
            raise UnsupportedMediaType(str(request.content_type))
        # As it comes: `request.data` takes a body of unknown length for an empty one.
        with received(request._request, most=settings.UTKORG_WORKING_COPY_MAX_MB) as path:
            self._check_companies(path)
            report = check_in(path=path, user=self.key.owner, rights=self.rights, via="api", key=self.key, **options)
        return Response(report.as_json())

    def _check_companies(self, path: Path) -> None:
        """Refuse a copy of what the key may not know of, as if it weren't there."""
        with open_file(path, installation=str(installation().uid)) as file:
            numbers = file.manifest.companies
        self.check_companies(Company.objects.filter(number__in=numbers).values_list("pk", flat=True))
