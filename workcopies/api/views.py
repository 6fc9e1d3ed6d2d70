"""`/api/v1/working-copies`: parse, ask the services, send the file."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import get_valid_filename
from rest_framework.exceptions import NotFound
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from access.http.admin.export.streaming import streamed
from access.http.companies import find_companies
from access.http.pages import Page
from access.http.parameters import NoParameters
from access.http.scope import KeyScope
from ledger.models import Company
from workcopies import withdrawing
from workcopies.api import openapi
from workcopies.api.files import FILE, BytesRenderer, FileRenderer, pieces_of
from workcopies.api.serializers import STATES, CopyBody, CopyQuery, CopySerializer
from workcopies.checking_out import CHECK_OUT, check_out
from workcopies.exceptions import WrongState
from workcopies.models import WorkingCopy
from workcopies.scope import may_in_all, of_companies
from workcopies.storage import new_path

VIEW = "workcopies.view_workingcopy"
WITHDRAW = "workcopies.delete_workingcopy"


class CopyScope(KeyScope):
    """Copies that hold a company of those that the key may know of."""

    answers_once = False
    throttle_scope = "working_copies"

    def copies(self, companies: frozenset[int] | None) -> QuerySet[WorkingCopy]:
        """Those that are made and hold one of these companies (None: any)."""
        held = Q() if companies is None else of_companies(Company.objects.filter(pk__in=companies))
        return WorkingCopy.objects.filter(held, status__in=STATES)

    def shown(self, copy: WorkingCopy) -> Mapping[str, Any]:
        """What the key may know of a copy."""
        return CopySerializer(copy, context={"visible": self.rights.visible}).data


class CopyList(CopyScope):
    """Who has what checked out, and where companies are checked out."""

    required_permissions: ClassVar = {"GET": VIEW, "POST": CHECK_OUT}
    renderer_classes = (JSONRenderer, FileRenderer, BytesRenderer)
    problem_codes: ClassVar = {"POST": ("disk_full",)}

    @openapi.list_copies
    def get(self, request: Request) -> Response:
        """List the copies that are out or withdrawn."""
        query = CopyQuery.read(request)
        copies = self.copies(self.companies).prefetch_related("companies")
        if "status" in query:
            copies = copies.filter(status=query["status"])
        rows, page = Page.read(copies, request=request, ordering=("-pk",), query=query)
        return page.response([self.shown(copy) for copy in rows])

    @openapi.check_out
    def post(self, request: Request) -> HttpResponseBase:
        """Make a copy and send its file."""
        wanted = CopyBody.read(request)
        companies = self._companies(wanted["companies"])
        years: list[date] = wanted.get("financial_years", [])
        name = wanted.get("name") or _name_of(companies)
        path = new_path()
        try:
            copy = check_out(
                companies=companies,
                years={company.number: years for company in companies},
                user=self.key.owner,
                rights=self.rights,
                name=name,
                path=path,
            )
            answer = streamed(request._request, pieces_of(path), content_type=FILE)
        finally:
            path.unlink(missing_ok=True)
        answer["Content-Length"] = str(copy.size)
        answer["Content-Disposition"] = str(content_disposition_header(True, _file_name(copy)))
        answer["Location"] = request.build_absolute_uri(reverse("working-copy", args=[copy.uid]))
        return answer

    def _companies(self, numbers: list[str]) -> list[Company]:
        """The companies, in each of which the key has the right."""
        named = Company.objects.filter(number__in=numbers)
        self.check_not_own(named.values_list("pk", flat=True))
        visible = self.rights.visible
        among = named if visible is None else named.filter(pk__in=visible)
        return [self.check_company(company) for company in find_companies(numbers, among, field="companies")]


class CopyDetail(CopyScope):
    """One working copy."""

    required_permissions: ClassVar = {"GET": VIEW, "DELETE": WITHDRAW}
    problem_codes: ClassVar = {"DELETE": ("wrong_state",)}

    @openapi.read_copy
    def get(self, request: Request, uid: UUID) -> Response:
        """Tell what is known of it."""
        NoParameters.read(request)
        return Response(self.shown(self._copy(uid)))

    @openapi.withdraw
    def delete(self, request: Request, uid: UUID) -> Response:
        """Withdraw it, which takes the right in all its companies. Again, it is no mistake."""
        NoParameters.read(request)
        copy = self._copy(uid)
        if not may_in_all(self.rights, WITHDRAW, copy):
            raise self._lacks(WITHDRAW)
        try:
            withdrawing.withdraw(copy=copy, user=self.key.owner)
        except WrongState:
            copy.refresh_from_db()
            if copy.status != WorkingCopy.Status.WITHDRAWN:
                raise
        return Response(status=204)

    def _copy(self, uid: UUID) -> WorkingCopy:
        """The copy; raises 404 where nothing of it is in sight, 403 where the right is missing."""
        copy = self.copies(self.rights.visible).filter(uid=uid).first()
        if copy is None:
            raise NotFound
        if not self.copies(self.companies).filter(pk=copy.pk).exists():
            raise self._lacks(self._permission_for(str(self.request.method)))
        return copy


def _name_of(companies: list[Company]) -> str:
    first = companies[0].number if len(companies) == 1 else f"{companies[0].number}+{len(companies) - 1}"
    return f"{first} {timezone.localdate().isoformat()}"


def _file_name(copy: WorkingCopy) -> str:
    """The copy's name as that of a file that every system takes."""
    return get_valid_filename(f"{copy.name}.utkorg")
