"""`/api/v1/me` and `/api/v1/keys/{public_id}/clients`: parse, ask the rights and the service, render."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.serializers import (
    ApplicationSerializer,
    Client,
    GrantBody,
    Granted,
    KeySerializer,
    Me,
    MeQuery,
    Withdrawn,
    WithdrawQuery,
)
from access.belonging import company_permissions, installation_permissions, rows_of
from access.exceptions import GrantsRefused
from access.grants import ADD, DELETE, grant_clients, withdraw_clients
from access.http.companies import find_companies
from access.http.pages import Page, PageQuery
from access.http.problems import Problem
from access.http.scope import KeyScope, M
from access.models import AccessTemplate, ApiKey, ClientGrant, KeyKind, KeyState
from access.rights import Rights, effective_rights
from ledger.models import Company

VIEW = "access.view_clientgrant"
TAGS = ["keys"]


class MeView(KeyScope):
    """The caller's key and what it may do; every key that opens anything may ask."""

    required_permissions: ClassVar = {"GET": None}
    throttle_scope = "registers"

    @extend_schema(
        operation_id="me", tags=TAGS, summary="Which key, and what may it do?", parameters=[MeQuery], responses=Me
    )
    def get(self, request: Request) -> Response:
        """Tell which key this is, and what it may do for which companies."""
        query = MeQuery.read(request)
        known = Company.objects.all()
        if "company" in query:
            known = known.filter(pk=self.check_company(known.filter(number=query["company"]).first()).pk)
        elif self.companies is not None:
            known = known.filter(pk__in=self.companies)
        companies, page = Page.read(known, request=request, ordering=("number",), query=query)
        rights = rights_by_company(self.rights, companies)
        results = [{"company": company.number, "rights": rights[company.pk]} for company in companies]
        return Response(
            {
                "key": KeySerializer(self.key).data,
                "application": ApplicationSerializer(self.key.application).data,
                "installation_rights": self.rights.permissions_for(None, sorted(installation_permissions())),
                **page.response(results).data,
            }
        )


class ClientList(KeyScope):
    """The clients of an office's key; for keys of the same office, and those of the whole installation."""

    required_permissions: ClassVar = {"GET": VIEW, "POST": ADD, "DELETE": DELETE}
    throttle_scope = "registers"

    @extend_schema(
        operation_id="list_clients_of_key",
        tags=TAGS,
        summary="Which clients is a key for?",
        parameters=[PageQuery],
        responses=Page.schema("ClientPage", Client),
    )
    def get(self, request: Request, public_id: str) -> Response:
        """List the clients of a key, those of which the caller may know."""
        query = PageQuery.read(request)
        key = self._key(public_id)
        granted = self._known(ClientGrant.objects.filter(key=key, company__client_access__office=key.office_id))
        shown = granted.select_related("company__client_access", "template").annotate(number=F("company__number"))
        grants, page = Page.read(shown, request=request, ordering=("number",), query=query)
        works = key.state(at=timezone.now()) == KeyState.ACTIVE
        rights = rights_by_company(effective_rights(key) if works else Rights(()), [one.company for one in grants])
        return page.response(
            [
                {
                    "company": one.company.number,
                    "template": one.template.name,
                    "api_access": one.company.client_access.api_access,
                    "rights": rights[one.company_id],
                }
                for one in grants
            ]
        )

    @extend_schema(
        operation_id="grant_clients",
        tags=TAGS,
        summary="Let a key do something for clients",
        description=(
            "All or nothing, with an error for each number. A client that is granted already gets the template; "
            "sent again it changes nothing. A key can't grant anything to itself, nor give a template that holds "
            "more than its own owner may."
        ),
        request=GrantBody,
        responses={200: OpenApiResponse(Granted, description="They are granted.")},
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Grant clients to a key."""
        wanted = GrantBody.read(request)
        key = self._key(public_id)
        companies = find_companies(wanted["clients"], self._clients(key), field="clients")
        template = self._template(key, wanted["template"])
        try:
            done = grant_clients(key=key, companies=companies, template=template, by=self.key)
        except GrantsRefused as refused:
            raise _problem(refused, companies, field="clients") from refused
        return Response({name: _numbers(found) for name, found in vars(done).items()})

    @extend_schema(
        operation_id="withdraw_clients",
        tags=TAGS,
        summary="Let a key do nothing more for clients",
        description="All or nothing, with an error for each number. Sent again it changes nothing.",
        parameters=[WithdrawQuery],
        responses={200: OpenApiResponse(Withdrawn, description="They are withdrawn.")},
    )
    def delete(self, request: Request, public_id: str) -> Response:
        """Withdraw clients from a key."""
        numbers = WithdrawQuery.read(request)["client"]
        key = self._key(public_id)
        companies = find_companies(numbers, self._clients(key), field="client")
        try:
            gone = withdraw_clients(key=key, companies=companies, by=self.key)
        except GrantsRefused as refused:
            raise _problem(refused, companies, field="client") from refused
        return Response({"withdrawn": _numbers(gone)})

    def of_application(self, things: QuerySet[M]) -> QuerySet[M]:
        """Return the keys of the caller's office: whose clients they are, not whose program, decides here."""
        visible = self.rights.visible
        if self.key.company_id is not None or visible == frozenset():
            return things.none()
        if self.key.office_id is not None:
            return things.filter(office=self.key.office_id)
        return things if visible is None else things.filter(rows_of(ApiKey, Company.objects.filter(pk__in=visible)))

    def _key(self, public_id: str) -> ApiKey:
        office_keys = ApiKey.objects.filter(kind=KeyKind.OFFICE).exclude(office=None)
        return self.find(office_keys.select_related("owner", "application", "office"), public_id=public_id)

    def _clients(self, key: ApiKey) -> QuerySet[Company]:
        """The clients of a key's office of which the caller may know."""
        clients = Company.objects.filter(client_access__office=key.office_id)
        visible = self.rights.visible
        return clients if visible is None else clients.filter(pk__in=visible)

    def _known(self, grants: QuerySet[ClientGrant]) -> QuerySet[ClientGrant]:
        return grants if self.companies is None else grants.filter(company__in=self.companies)

    def _template(self, key: ApiKey, name: str) -> AccessTemplate:
        """The office's own template of this name, before the one that all may choose."""
        of_office = AccessTemplate.objects.filter(office=key.office_id) | AccessTemplate.objects.filter(office=None)
        found = of_office.filter(name=name).order_by(F("office").asc(nulls_last=True)).first()
        if found is None:
            raise ValidationError(
                {"template": [ErrorDetail(_("There is no access template of this name."), "does_not_exist")]}
            )
        return found


def rights_by_company(rights: Rights, companies: Iterable[Company]) -> dict[int, list[str]]:
    """Return what may be done for each of the companies, sorted by name: one look at each right, not at each pair."""
    found: dict[int, list[str]] = {company.pk: [] for company in companies}
    for name in sorted(company_permissions()):
        allowed = rights.companies_with(name)
        for company in found if allowed is None else found.keys() & allowed:
            found[company].append(name)
    return found


def _numbers(companies: Iterable[Company]) -> list[str]:
    return [company.number for company in companies]


def _problem(refused: GrantsRefused, companies: list[Company], *, field: str) -> Exception:
    """A 403 that tells what is wrong with which number, or with the template."""
    numbers = _numbers(companies)
    wrong = {f"{field}.{numbers.index(number)}": why for number, why in refused.by_company.items()}
    if refused.template:
        wrong["template"] = refused.template
    errors: list[dict[str, Any]] = [{"field": name, "code": refused.code, "detail": why} for name, why in wrong.items()]
    detail = _("Nothing was changed.") if wrong else str(refused)
    return Problem(refused.code, detail, **({"errors": errors} if errors else {}))
