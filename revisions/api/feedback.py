"""`/api/v1/feedback`: an integration says what it couldn't use, and sees what became of it."""

from datetime import UTC
from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from access.http.pages import Page, PageQuery
from access.http.parameters import BodySerializer, NoParameters, Text, Whole
from revisions import feedback
from revisions.api.scope import FETCH, OutboxView
from revisions.api.serializers import TYPE_NAMES, Integration
from revisions.models import Feedback
from revisions.models.feedback import LONGEST_CODE, LONGEST_MESSAGE, code_form
from revisions.trace.services import LARGEST

TAGS = ["feedback"]

never_stored = method_decorator(cache_control(no_store=True), name="dispatch")


class FeedbackBody(Integration, BodySerializer):
    """A report: which row, by one of its two names, and what was wrong with it."""

    sequence = Whole(
        min_value=1,
        max_value=LARGEST,
        required=False,
        help_text="The sequence that this integration got the row under; or else `revision`.",
    )
    revision = Text(
        required=False,
        trim_whitespace=False,
        validators=[RegexValidator(r"^[0-9]{1,18}\.[0-9]{1,9}\Z", _("A revision looks like this: 90211.4"))],
        help_text="The revision as it came with the row; or else `sequence`.",
    )
    code = Text(
        max_length=LONGEST_CODE,
        trim_whitespace=False,
        validators=[code_form],
        help_text="Your own code for what was wrong: letters (a–z), digits, `.`, `-`, `_`, `:`.",
    )
    message = Text(max_length=LONGEST_MESSAGE, help_text="What was wrong, for people.")

    def to_internal_value(self, data: Any) -> Any:
        """Take null for left out: a client may send both names, one of them null."""
        if isinstance(data, dict):
            data = {
                name: value for name, value in data.items() if name not in {"sequence", "revision"} or value is not None
            }
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one of the two names."""
        named = [name for name in ("sequence", "revision") if name in attrs]
        if len(named) != 1:
            code = "required" if not named else "one_only"
            error = ErrorDetail(gettext("Name the row by either its sequence or its revision."), code)
            raise serializers.ValidationError({"revision": [error]})
        return attrs


class FeedbackQuery(Integration, PageQuery):
    """Which reports to list."""

    state = serializers.ChoiceField(
        choices=Feedback.State.values, required=False, help_text="Only those in this state."
    )


@extend_schema_field({"type": "object", "additionalProperties": True})
class KeyField(serializers.DictField):
    """A row's key."""


class FeedbackSerializer(serializers.Serializer[Feedback]):
    """A report, and what became of it."""

    id = serializers.IntegerField()
    integration_id = serializers.CharField(source="subscription.integration_id")
    state = serializers.ChoiceField(
        choices=Feedback.State.values,
        help_text=(
            "`open` waits for a person; `sent_again` the row is queued again, as it stands; `settled` you have since "
            "acknowledged or reported a later revision of the row; `dismissed` somebody answered with a note."
        ),
    )
    sequence = serializers.IntegerField()
    revision = serializers.CharField()
    information_type = serializers.ChoiceField(choices=TYPE_NAMES, source="type.name")
    company = serializers.CharField(source="company.number", help_text="The company's number.")
    key = KeyField()
    code = serializers.CharField()
    message = serializers.CharField(help_text="The latest.")
    times = serializers.IntegerField(help_text="How often it was reported.")
    reported_at = serializers.DateTimeField(default_timezone=UTC)
    last_reported_at = serializers.DateTimeField(default_timezone=UTC)
    answered_at = serializers.DateTimeField(source="closed_at", default_timezone=UTC, allow_null=True)
    note = serializers.CharField(source="answer", allow_null=True, help_text="The answer with which it was dismissed.")
    sent_again_as = serializers.IntegerField(
        source="sent_sequence", allow_null=True, help_text="With `sent_again`: the sequence of the new copy."
    )


class FeedbackView(OutboxView):
    """What the views share: reports within the key's reach."""

    throttle_scope = "feedback"

    def within_reach(self, reports: QuerySet[Feedback]) -> QuerySet[Feedback]:
        """Return those of companies that the key may read."""
        known = reports.select_related("subscription", "company")
        return known if self.companies is None else known.filter(company__in=self.companies)


@never_stored
class FeedbackList(FeedbackView):
    """The reports of an integration."""

    required_permissions = {"GET": FETCH, "POST": FETCH}
    problem_codes: ClassVar = {"POST": ("too_many_reports",)}

    @extend_schema(
        operation_id="list_feedback",
        tags=TAGS,
        summary="What became of your reports?",
        parameters=[FeedbackQuery],
        responses={200: OpenApiResponse(Page.schema("FeedbackPage", FeedbackSerializer), description="Reports.")},
    )
    def get(self, request: Request) -> Response:
        """List them, the newest first."""
        wanted = FeedbackQuery.read(request)
        reports = self.within_reach(Feedback.objects.filter(subscription=self.subscription(wanted["integration_id"])))
        if "state" in wanted:
            reports = reports.filter(state=wanted["state"])
        found, page = Page.read(reports, request=request, ordering=("-id",), query=wanted)
        return page.response([FeedbackSerializer(report).data for report in found])

    @extend_schema(
        operation_id="report_row",
        tags=TAGS,
        summary="Report a row that you couldn't use",
        description=(
            "Names a row that this integration was queued, by `sequence` or by `revision`, whether it has acknowledged "
            "it or not. Nothing is held up: go on with the next rows, and acknowledge this one. The same row reported "
            "again under the same code is the same report, counted once more (200)."
        ),
        parameters=[
            OpenApiParameter(
                "Location", OpenApiTypes.URI, OpenApiParameter.HEADER, response=[201, 200], description="The report."
            ),
        ],
        request=FeedbackBody,
        responses={
            201: OpenApiResponse(FeedbackSerializer, description="It is taken down."),
            200: OpenApiResponse(FeedbackSerializer, description="It was reported before; it is counted once more."),
        },
    )
    def post(self, request: Request) -> Response:
        """Take a report down."""
        wanted = FeedbackBody.read(request)
        subscription = self.subscription(wanted.pop("integration_id"))
        done = feedback.report(subscription=subscription, companies=self.companies, key=self.key, **wanted)
        self.companies_concerned.add(done.feedback.company_id)
        location = request.build_absolute_uri(reverse("feedback", args=[done.feedback.pk]))
        return Response(
            FeedbackSerializer(done.feedback).data,
            status=201 if done.is_new else 200,
            headers={"Location": location},
        )


@never_stored
class FeedbackDetail(FeedbackView):
    """One report."""

    required_permissions = {"GET": FETCH}

    @extend_schema(
        operation_id="read_feedback",
        tags=TAGS,
        summary="What became of a report?",
        responses={200: OpenApiResponse(FeedbackSerializer, description="The report.")},
    )
    def get(self, request: Request, id: int) -> Response:  # noqa: A002 (as in the address)
        """Tell of it."""
        NoParameters.read(request)
        found = self.within_reach(Feedback.objects.all()).filter(pk=id).first()
        if found is None:
            raise NotFound
        self.subscription(found.subscription.integration_id)  # raises what the key may not know of
        return Response(FeedbackSerializer(found).data)
