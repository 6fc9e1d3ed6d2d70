"""`/api/v1/subscriptions`: the first screen, over REST."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from access.http.pages import Page, PageQuery
from access.http.parameters import NoParameters
from access.http.scope import KeyScope
from subscriptions.api.serializers import SubscriptionSerializer
from subscriptions.models import Subscription
from subscriptions.services import Wish, change_parts, create_subscription, delete_subscription

PERMISSIONS = {
    "GET": "subscriptions.view_subscription",
    "POST": "subscriptions.add_subscription",
    "PATCH": "subscriptions.change_subscription",
    "DELETE": "subscriptions.delete_subscription",
}


class SubscriptionScope(KeyScope):
    """What both views share: the application's subscriptions, and how one is read and written."""

    required_permissions = PERMISSIONS
    problem_codes: ClassVar = {"POST": ("empty_negative_selection",), "PATCH": ("empty_negative_selection",)}

    def subscriptions(self) -> QuerySet[Subscription]:
        """The subscriptions of the key's application, with all that is shown of them."""
        shown = Subscription.objects.select_related("application").prefetch_related("companies", "types")
        return self.of_application(shown)

    def serializer(self, *arguments: Any, **options: Any) -> SubscriptionSerializer:
        """A serializer that knows what the key may name."""
        context = {"application": self.key.application, "companies": self.companies}
        return SubscriptionSerializer(*arguments, context=context, **options)

    def read(self, request: Request, subscription: Subscription | None = None) -> dict[str, Any]:
        """The valid values of the body; the office, of which there is none yet, is left out."""
        NoParameters.read(request)
        serializer = self.serializer(subscription, data=request.data, partial=subscription is not None)
        serializer.is_valid(raise_exception=True)
        return {name: value for name, value in serializer.validated_data.items() if name != "office"}


class SubscriptionList(SubscriptionScope):
    """All subscriptions of the key's application."""

    @extend_schema(
        operation_id="list_subscriptions",
        parameters=[PageQuery],
        responses=Page.schema("SubscriptionPage", SubscriptionSerializer),
    )
    def get(self, request: Request) -> Response:
        """List the application's subscriptions, by integration id."""
        rows, page = Page.read(
            self.subscriptions(), request=request, ordering=("integration_id",), query=PageQuery.read(request)
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
        values = self.read(request, subscription)
        values.pop("integration_id", None)
        changed = change_parts(subscription=subscription, **values)
        return Response(self.serializer(changed).data)

    @extend_schema(operation_id="delete_subscription", responses={204: OpenApiResponse(description="It is deleted.")})
    def delete(self, request: Request, integration_id: str) -> Response:
        """Delete a subscription and all that is queued for it."""
        NoParameters.read(request)
        delete_subscription(subscription=self._find(integration_id))
        return Response(status=204)

    def _find(self, integration_id: str) -> Subscription:
        return self.find(self.subscriptions(), integration_id=integration_id)
