"""One's own messages: the bell that asks for news, and the page that lists them."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.formats import number_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from access.http.admin import RegisterAdmin
from access.http.admin.paginator import BoundedPaginator
from notices import services
from notices.bell import arrived, bell_of, header_of
from notices.models import Notice, NoticeQuerySet

PER_PAGE = 25


@admin.register(Notice)
class NoticeAdmin(RegisterAdmin):
    """Everybody who may sign in has messages; nobody sees another's, so there are no rights to give."""

    def get_urls(self) -> list[URLPattern]:
        """Only these: messages are neither added nor changed by hand."""
        pages: list[tuple[str, str, Callable[..., HttpResponse]]] = [
            ("", "changelist", self.list_view),
            ("read-all/", "read_all", self.read_all_view),
            ("<int:pk>/open/", "open", self.open_view),
            ("<int:pk>/read/", "read", self.read_view),
        ]
        ours = [
            path(address, self.admin_site.admin_view(view), name=f"notices_notice_{name}")
            for address, name, view in pages
        ]
        return [path("look/", never_cache(self.look_view), name="notices_notice_look"), *ours]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Leave it out of the lists of registers; the bell leads here."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Let everybody see their own."""
        return bool(self.admin_site.has_permission(request))

    def list_view(self, request: HttpRequest) -> HttpResponse:
        """List one's own messages, all or the unread."""
        own = self._own(request)
        only_unread = request.GET.get("show") == "unread"
        paginator = BoundedPaginator(own.unread() if only_unread else own, PER_PAGE)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Messages"),
            "page": paginator.get_page(request.GET.get("page")),
            "only_unread": only_unread,
            "unread": header_of(request).bell,
        }
        return TemplateResponse(request, "admin/notices/list.html", context)

    def look_view(self, request: HttpRequest) -> HttpResponse:
        """Tell a page what its bell doesn't know yet; 204 where that is nothing, also to somebody signed out."""
        if not self.admin_site.has_permission(request):
            return HttpResponse(status=204)
        bell = bell_of(request.user)
        if bell.state == request.GET.get("state"):
            return HttpResponse(status=204)
        known = request.GET.get("newest", "")
        after = int(known) if known.isdecimal() and len(known) < 19 else bell.newest
        toasts = arrived(request.user, after=after) if bell.newest > after else []
        return TemplateResponse(request, "admin/notices/news.html", {"bell": bell, "toasts": toasts})

    def open_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Mark one as read, and go where it leads."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        notice = self._own(request).filter(pk=pk).first()
        if notice is None:
            raise Http404
        services.mark_read(self._own(request).filter(pk=pk))
        if notice.url and url_has_allowed_host_and_scheme(notice.url, allowed_hosts=None):
            return HttpResponseRedirect(notice.url)
        return HttpResponseRedirect(self._url("changelist"))

    def read_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Mark one as read."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        services.mark_read(self._own(request).filter(pk=pk))
        return self._back(request)

    def read_all_view(self, request: HttpRequest) -> HttpResponse:
        """Mark all as read, up to the newest that the page showed: what arrived since hasn't been seen."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        shown = request.POST.get("newest", "")
        newest = int(shown) if shown.isdecimal() and len(shown) < 19 else 0
        count = services.mark_read(self._own(request).filter(pk__lte=newest))
        shown_count = number_format(count, force_grouping=True)
        self.message_user(request, _("Marked as read: %(count)s") % {"count": shown_count}, messages.SUCCESS)
        return self._back(request)

    def _own(self, request: HttpRequest) -> NoticeQuerySet:
        return Notice.objects.of(request.user)

    def _back(self, request: HttpRequest) -> HttpResponse:
        unread: Any = "?show=unread" if request.POST.get("show") == "unread" else ""
        return HttpResponseRedirect(f"{self._url('changelist')}{unread}")
