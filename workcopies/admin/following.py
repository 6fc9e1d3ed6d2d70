"""Pages that follow what a worker does, to its end."""

from collections.abc import Callable
from typing import Any, ClassVar, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from access.http.admin import RegisterAdmin
from notices.models import Notice
from notices.services import mark_read
from workcopies.exceptions import WorkingCopyError

View = Callable[..., HttpResponseBase]


class FollowingAdmin(RegisterAdmin):
    """A list, and of each row a page that moves by itself (`folder`/page.html, `folder`/progress.html)."""

    known_refusals: ClassVar[tuple[type[Exception], ...]] = (WorkingCopyError,)
    folder: ClassVar[str]
    actions = None

    def context_of(self, request: HttpRequest, found: Any) -> dict[str, Any]:
        """What the page of one shows."""
        raise NotImplementedError

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing of it is edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What happened stays."""
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show how far it has come, and what came of it."""
        if not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        # Who reads the page needs no message to come here.
        mark_read(Notice.objects.filter(user=cast(User, request.user).pk, url=self._url("change", object_id)))
        return self._page(request, self.find(request, int(object_id)), "page")

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the page that moves; when the state has changed the page as a whole is loaded again."""
        if not self.admin_site.has_permission(request):
            # Signed out meanwhile: the page as a whole asks to sign in, and comes back.
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        found = self.find(request, pk)
        page = self._page(request, found, "progress")
        if request.GET.get("status") != found.status:
            page["HX-Refresh"] = "true"
        return page

    def find(self, request: HttpRequest, pk: int) -> Any:
        """One that somebody may see; raises `Http404`."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_queryset(request).filter(pk=pk).first()
        if found is None:
            raise Http404
        return found

    def of_all(self, **views: View) -> list[URLPattern]:
        """Addresses beside the list."""
        return [self._path(f"{name.replace('_', '-')}/", name, view) for name, view in views.items()]

    def of_one(self, **views: View) -> list[URLPattern]:
        """Addresses of one."""
        moving = path("<int:pk>/progress/", self.progress_view, name=self._name("progress"))
        return [
            moving,
            *(self._path(f"<int:pk>/{name.replace('_', '-')}/", name, view) for name, view in views.items()),
        ]

    def tried(self, request: HttpRequest, pk: int, service: Callable[..., Any], **asked: Any) -> HttpResponse:
        """Ask a service for something, and go to the page, with the reason if it is refused."""
        try:
            service(**asked)
        except WorkingCopyError as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(self._url("change", pk))

    def refuse_unless(self, allowed: bool) -> None:
        """Deny what somebody may not do."""
        if not allowed:
            raise PermissionDenied

    def _page(self, request: HttpRequest, found: Any, template: str) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": str(found),
            "opts": self.opts,
            "original": found,
            **self.context_of(request, found),
        }
        return TemplateResponse(request, f"admin/workcopies/{self.folder}/{template}.html", context)

    def _path(self, route: str, name: str, view: View) -> URLPattern:
        made: URLPattern = path(route, self.admin_site.admin_view(view), name=self._name(name))
        return made

    def _name(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page.replace('_', '-')}"
