"""What is asked of every installation: is it ready to answer, and its icon."""

from pathlib import Path

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponseRedirect, JsonResponse
from django.templatetags.static import static
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """200 when the database answers, else 503. The broker is not asked: without it saving and fetching go on."""
    if settings.READY_FILE and not Path(settings.READY_FILE).exists():
        return JsonResponse({"status": "starting"}, status=503)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return JsonResponse({"status": "no database"}, status=503)
    return JsonResponse({"status": "ok"})


@require_safe
def favicon(_request: HttpRequest) -> HttpResponseRedirect:
    """Browsers ask for it wherever they are, pages without an icon of their own included."""
    return HttpResponseRedirect(static("config/icon.svg"))
