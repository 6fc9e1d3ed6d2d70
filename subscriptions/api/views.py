"""`/api/v1/subscriptions`: the first screen, over REST."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from access.clients import clients_of
from access.http.pages import Page, PageQuery
from access.http.parameters import NoParameters
from access.http.scope import KeyScope
from access.models import ApiKey, Office
from access.rights import Rights
from subscriptions.api.serializers import SubscriptionSerializer
from subscriptions.models import Subscription
from subscriptions.querysets import SubscriptionQuerySet
from subscriptions.services import Wish, change_parts, create_subscription, delete_subscription, wish_of

PERMISSIONS = {
    "GET": "subscriptions.view_subscription",
    "POST": "subscriptions.add_subscription",
    "PATCH": "subscriptions.change_subscription",
    "DELETE": "subscriptions.delete_subscription",
}

ALL_COMPANIES = _(
    "Only a key with this right in the whole installation may subscribe to all companies. Name the companies, or the "
    "accounting office."
)


class SubscriptionScope(KeyScope):
    """What both views share: the application's subscriptions, and how one is read and written."""

    required_permissions = PERMISSIONS
    problem_codes: ClassVar = {"POST": ("empty_negative_selection",), "PATCH": ("empty_negative_selection",)}

    def subscriptions(self) -> SubscriptionQuerySet:
        """Subscriptions with all that is shown of them."""
        shown = Subscription.objects.select_related("application", "office__company")
        return shown.prefetch_related("companies", "types")

    def serializer(self, *arguments: Any, **options: Any) -> SubscriptionSerializer:
        """A serializer that knows what the key may name."""
        context = {
            "application": self.key.application,
            "companies": self.rights.visible,
            "offices": _offices(self.key, self.rights),
        }
        return SubscriptionSerializer(*arguments, context=context, **options)

    def read(self, request: Request, subscription: Subscription | None = None) -> dict[str, Any]:
        """The valid values of the body."""
        NoParameters.read(request)
        self._check_names(request.data)
        serializer = self.serializer(subscription, data=request.data, partial=subscription is not None)
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values

    def check_selection(self, wish: Wish) -> None:
        """Raise PermissionDenied unless the key has the right for all that is chosen.

        For an office's subscription: for all of its clients that the key may know of, whom others join. For one of no
        office: for each company, and for all companies that there are only with rights in the whole installation.
        """
        allowed, visible = self.companies, self.rights.visible
        if allowed is None:
            return
        chosen = frozenset(company.pk for company in wish.companies)
        if wish.office is None and (wish.negative_selection or not chosen):
            raise PermissionDenied(ALL_COMPANIES)
        meant = chosen
        if wish.office is not None:
            clients = frozenset(clients_of(wish.office).values_list("pk", flat=True))
            clients = clients if visible is None else clients & visible
            meant = clients - chosen if wish.negative_selection else clients & chosen if chosen else clients
        if not meant <= allowed or not allowed:
            raise PermissionDenied

    def _check_names(self, body: Any) -> None:
        office = self.key.office
        named = body.get("companies") if isinstance(body, Mapping) else None
        if office is not None and isinstance(named, list) and office.company.number in named:
            self.check_not_own([office.company_id])


def _offices(key: ApiKey, rights: Rights) -> QuerySet[Office]:
    """The offices whose subscriptions a key may make, if it has the right: its own, or those that its owner is of."""
    if key.office_id is not None:
        return Office.objects.filter(pk=key.office_id)
    if key.company_id is not None:
        return Office.objects.none()
    visible = rights.visible
    return Office.objects.all() if visible is None else Office.objects.filter(company__in=visible)


class SubscriptionList(SubscriptionScope):
    """All subscriptions of the key's application."""

    @extend_schema(
        operation_id="list_subscriptions",
        parameters=[PageQuery],
        responses=Page.schema("SubscriptionPage", SubscriptionSerializer),
    )
    def get(self, request: Request) -> Response:
        """List the application's subscriptions, by integration id."""
        known = self.subscriptions().known_to(key=self.key, rights=self.rights, permission=PERMISSIONS["GET"])
        rows, page = Page.read(
            self.of_application(known), request=request, ordering=("integration_id",), query=PageQuery.read(request)
        )
        return page.response(list(self.serializer(rows, many=True).data))

    @extend_schema(
        operation_id="create_subscription",
        request=SubscriptionSerializer,
        responses={201: SubscriptionSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make a subscription; what it selects and exists already needs a one-off transfer."""
        values = self.read(request)
        integration_id = values.pop("integration_id")
        wish = Wish(**{"application": self.key.application, **values})
        self.check_selection(wish)
        subscription = create_subscription(integration_id=integration_id, wish=wish)
        location = reverse("subscription", args=[integration_id])
        return Response(
            self.serializer(subscription).data,
            status=201,
            headers={"Location": request.build_absolute_uri(location)},
        )


class SubscriptionDetail(SubscriptionScope):
    """One subscription, by its integration id."""

    @extend_schema(operation_id="read_subscription", responses=SubscriptionSerializer)
    def get(self, request: Request, integration_id: str) -> Response:
        """Read a subscription."""
        NoParameters.read(request)
        return Response(self.serializer(self._find(integration_id)).data)

    @extend_schema(operation_id="change_subscription", request=SubscriptionSerializer, responses=SubscriptionSerializer)
    def patch(self, request: Request, integration_id: str) -> Response:
        """Change what the body names, at once; queued rows stay."""
        subscription = self._find(integration_id)
        self.check_selection(wish_of(subscription))
        values = self.read(request, subscription)
        values.pop("integration_id", None)
        self.check_selection(dataclasses.replace(wish_of(subscription), **values))
        changed = change_parts(subscription=subscription, **values)
        return Response(self.serializer(changed).data)

    @extend_schema(operation_id="delete_subscription", responses={204: OpenApiResponse(description="It is deleted.")})
    def delete(self, request: Request, integration_id: str) -> Response:
        """Delete a subscription and all that is queued for it."""
        NoParameters.read(request)
        subscription = self._find(integration_id)
        self.check_selection(wish_of(subscription))
        delete_subscription(subscription=subscription)
        return Response(status=204)

    def _find(self, integration_id: str) -> Subscription:
        permission = self.required_permissions[str(self.request.method).replace("HEAD", "GET")]
        known = self.subscriptions().judged(key=self.key, rights=self.rights, permission=permission)
        return self.find_judged(known, integration_id=integration_id)
