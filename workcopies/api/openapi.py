"""What OpenAPI says of working copies."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from access.http.pages import Page
from workcopies.api.files import BYTES, FILE
from workcopies.api.reports import REPORT
from workcopies.api.serializers import CheckInQuery, CopyBody, CopyQuery, CopySerializer

TAGS = ["working copies"]
UID = OpenApiParameter("uid", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The copy, as lists name it.")

list_copies = extend_schema(
    operation_id="list_working_copies",
    tags=TAGS,
    summary="Who has what checked out?",
    description="The copies that hold a company within the key's sight, the latest first.",
    parameters=[CopyQuery],
    responses=Page.schema("WorkingCopies", CopySerializer),
)
check_out = extend_schema(
    operation_id="check_out",
    tags=TAGS,
    summary="Check companies out",
    description=(
        "Answers with the file (`NAME.utkorg`, an SQLite database) once it is made, which takes half a minute for a "
        "million rows. It holds what the key may read in each company. An `Idempotency-Key` is of no use here: asked "
        "again, another copy is made."
    ),
    request=CopyBody,
    parameters=[
        OpenApiParameter(
            "Location", OpenApiTypes.URI, OpenApiParameter.HEADER, response=[200], description="The copy's address."
        ),
    ],
    responses={(200, FILE): OpenApiResponse(OpenApiTypes.BINARY, description="The file.")},
)
read_copy = extend_schema(
    operation_id="read_working_copy",
    tags=TAGS,
    summary="Read what is known of a working copy",
    parameters=[UID],
    responses=CopySerializer,
)
withdraw = extend_schema(
    operation_id="withdraw_working_copy",
    tags=TAGS,
    summary="Withdraw a working copy",
    description="Its check-in is refused from now on, unless somebody gives it back in the admin.",
    parameters=[UID],
    responses={204: OpenApiResponse(description="It is withdrawn.")},
)
check_in = extend_schema(
    operation_id="check_in",
    tags=TAGS,
    summary="Check a working copy in",
    description=(
        "The body is the file as it is now. What only the copy changed lands, in one transaction and with the key's "
        "application as `origin`; what changed only here stays; what both changed differently is a conflict, and "
        "waits. Sent again, it does nothing more: an `Idempotency-Key` is of no use. A file that can't be taken in is "
        "refused with its code in `errors`: `bad_file`, `damaged_file`, `tampered_file`, `foreign_file`, `newer_file`, "
        "`other_version`, `file_in_use`."
    ),
    parameters=[CheckInQuery],
    request={FILE: OpenApiTypes.BINARY, BYTES: OpenApiTypes.BINARY},
    responses={200: OpenApiResponse(REPORT, description="What became of it, or would.")},
)
