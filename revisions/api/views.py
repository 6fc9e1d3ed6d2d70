"""`revisions`, `receipts` and `revisions/take`: parse, ask the heart, render."""

import dataclasses
from typing import ClassVar

from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from rest_framework.request import Request
from rest_framework.response import Response

from revisions import batch, batch_log, receipts
from revisions.api import openapi
from revisions.api.renderers import BatchAsJson, BatchAsLines, ByPreference, Fetched
from revisions.api.scope import FETCH, OutboxView
from revisions.api.serializers import ReceiptBody, RevisionsQuery, TakeBody
from revisions.batch_log import Extent

never_stored = method_decorator(cache_control(no_store=True), name="dispatch")


@never_stored
class RevisionsView(OutboxView):
    """The oldest rows, unchanged until a receipt."""

    required_permissions = {"GET": FETCH}
    renderer_classes = [BatchAsJson, BatchAsLines]
    content_negotiation_class = ByPreference
    throttle_scope = "revisions"
    problem_codes: ClassVar = {"GET": ("out_of_step",)}

    @openapi.revisions
    def get(self, request: Request) -> Response:
        """Fetch."""
        wanted = RevisionsQuery.read(request)
        subscription = self.subscription(wanted["integration_id"])
        choice = self.choice(wanted)
        # Read with the subscription, before the rows: should the queue be cut between, the receipt is of the earlier
        # epoch and refused, rather than of the later one and taken for rows that are gone.
        epoch = subscription.queue.epoch
        found = batch.read(subscription=subscription, choice=choice, limit=wanted["limit"], after=wanted.get("after"))
        receipt = receipts.issue(subscription=subscription, epoch=epoch, batch=found, choice=choice)
        extent = Extent.of(epoch=epoch, batch=found, choice=choice) if found.rows else None
        batch_log.note_fetch(subscription=subscription, extent=extent, rows=len(found.rows), key=self.key)
        return Response(Fetched(subscription.integration_id, epoch, receipt, found))


@never_stored
class TakeView(OutboxView):
    """Fetch and delete in one step."""

    required_permissions = {"POST": FETCH}
    renderer_classes = [BatchAsJson, BatchAsLines]
    content_negotiation_class = ByPreference
    throttle_scope = "revisions"
    problem_codes: ClassVar = {"POST": ("out_of_step",)}

    @openapi.take
    def post(self, request: Request) -> Response:
        """Fetch and delete."""
        wanted = TakeBody.read(request)
        subscription = self.subscription(wanted["integration_id"])
        found, epoch = receipts.take(
            subscription=subscription,
            choice=self.choice(wanted),
            limit=wanted["limit"],
            after=wanted.get("after"),
            key=self.key,
        )
        self.companies_concerned.update(row.company_id for row in found.rows)
        return Response(Fetched(subscription.integration_id, epoch, None, found))


@never_stored
class ReceiptsView(OutboxView):
    """Acknowledge a batch."""

    required_permissions = {"POST": FETCH}
    throttle_scope = "receipts"
    problem_codes: ClassVar = {"POST": ("invalid_receipt", "epoch_changed")}

    @openapi.receipts
    def post(self, request: Request) -> Response:
        """Delete exactly the rows of the batch."""
        wanted = ReceiptBody.read(request)
        subscription = self.subscription(wanted["integration_id"])
        done = receipts.acknowledge(subscription=subscription, receipt=wanted["receipt"], key=self.key)
        return Response(dataclasses.asdict(done))
