"""`/api/v1/transfers`: parse, ask the service, render."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar, cast

from django.db.models import QuerySet
from django.urls import reverse
from rest_framework.exceptions import ErrorDetail, NotFound, PermissionDenied, ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from access.http.parameters import NoParameters
from access.http.scope import Judged, KeyScope, M
from information_types import registry
from ledger.models import Company
from onetime_transfer import services
from onetime_transfer.api import openapi
from onetime_transfer.api.serializers import CancelBody, NothingBody, TransferBody, TransferSerializer
from onetime_transfer.exceptions import NotSubscribed, TransferError, WrongState
from onetime_transfer.models import Transfer
from subscriptions.models import Subscription

TRANSFER = "onetime_transfer.add_transfer"
Status = Transfer.Status


class TransferList(KeyScope):
    """Where transfers are asked for."""

    writes_configuration = False
    required_permissions = {"POST": TRANSFER}

    @openapi.request_transfer
    def post(self, request: Request) -> Response:
        """Ask for a transfer; a worker runs it."""
        wanted = TransferBody.read(request)
        known = Subscription.objects.judged(key=self.key, rights=self.rights, permission=TRANSFER)
        subscription = self.find_judged(known, integration_id=wanted["integration_id"])
        company = self._company(wanted["company"])
        try:
            transfer = services.request_transfer(
                subscription=subscription,
                information_type=registry.get(wanted["information_type"]),
                company=company,
                companies=[] if company else self._those_allowed(subscription),
                parameters=wanted["parameters"],
                requested_by=self.key.owner,
            )
        except NotSubscribed:
            raise
        except TransferError as error:
            wrong = {f"parameters.{one.field}": ErrorDetail(str(one), one.code) for one in error.all_errors}
            raise ValidationError(wrong) from error
        location = request.build_absolute_uri(reverse("transfer", args=[transfer.pk]))
        return Response(TransferSerializer(transfer).data, status=202, headers={"Location": location})

    def _company(self, number: str | None) -> Company | None:
        if number is None:
            return None
        return self.check_company(Company.objects.filter(number=number).first())

    def _those_allowed(self, subscription: Subscription) -> list[Company]:
        """The subscription's companies for which the key may ask; none where those are all."""
        allowed = self.companies
        if allowed is None:
            return []
        selected = list(subscription.selected_companies())
        chosen = [company for company in selected if company.pk in allowed]
        return chosen if len(chosen) < len(selected) else []


class TransferScope(KeyScope):
    """The transfers of the application's subscriptions."""

    writes_configuration = False

    def of_application(self, things: QuerySet[M]) -> QuerySet[M]:
        """Return those whose subscription is the key's application's."""
        return things.filter(subscription__application=self.key.application)

    def transfer(self, number: int) -> Transfer:
        """The transfer of that number; raises 404, or 403 where the right is missing.

        One that only looks needs the right for one of its companies, one that does something for all of them.
        """
        transfer = self.find(Transfer.objects.select_related("subscription__office"), pk=number)
        judged = Subscription.objects.judged(key=self.key, rights=self.rights, permission=TRANSFER)
        self.check_judged(cast(Judged, judged.get(pk=transfer.subscription_id)))
        self._check_companies(frozenset(services.companies_of(transfer)))
        return transfer

    def _check_companies(self, companies: frozenset[int]) -> None:
        visible, allowed = self.rights.visible, self.companies
        if visible is not None and not companies & visible:
            raise NotFound
        lacking = frozenset() if allowed is None else companies - allowed
        if lacking and (lacking == companies or self.request.method not in SAFE_METHODS):
            raise PermissionDenied


class TransferDetail(TransferScope):
    """One transfer."""

    required_permissions = {"GET": TRANSFER}

    @openapi.read_transfer
    def get(self, request: Request, id: int) -> Response:  # noqa: A002 (the contract's name)
        """Tell how far it has come."""
        NoParameters.read(request)
        return Response(TransferSerializer(self.transfer(id)).data)


class TransferVerb(TransferScope):
    """Something done to a transfer. Asked for again, as after a lost answer, it is no mistake."""

    required_permissions = {"POST": TRANSFER}
    leads_to: ClassVar[tuple[str, ...]] = ()

    def do(self, number: int, verb: Callable[..., Transfer]) -> Response:
        """Do it, unless it is done already."""
        transfer = self.transfer(number)
        try:
            transfer = verb(transfer=transfer)
        except WrongState as error:
            transfer.refresh_from_db()
            if transfer.status not in self.leads_to:
                raise ValidationError(ErrorDetail(str(error), error.code)) from error
        return Response(TransferSerializer(transfer).data)


class PauseView(TransferVerb):
    """Stop for the time being."""

    leads_to = (Status.PAUSED,)

    @openapi.pause_transfer
    def post(self, request: Request, id: int) -> Response:  # noqa: A002 (the contract's name)
        """Stop after the chunk under way."""
        NothingBody.read(request)
        return self.do(id, partial(services.pause, by=self.key.owner))


class ResumeView(TransferVerb):
    """Go on."""

    leads_to = (Status.QUEUED, Status.RUNNING)

    @openapi.resume_transfer
    def post(self, request: Request, id: int) -> Response:  # noqa: A002 (the contract's name)
        """Go on where it stopped."""
        NothingBody.read(request)
        return self.do(id, services.resume)


class CancelView(TransferVerb):
    """End it."""

    leads_to = (Status.CANCELLED,)

    @openapi.cancel_transfer
    def post(self, request: Request, id: int) -> Response:  # noqa: A002 (the contract's name)
        """End it; its rows stay in the queue, or leave it."""
        keep_queued = CancelBody.read(request)["keep_queued"]
        return self.do(id, partial(services.cancel, keep_queued=keep_queued, by=self.key.owner))
