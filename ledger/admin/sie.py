"""The page that takes SIE files: what a file brought, or what is wrong with it and what to do."""

from typing import Any, BinaryIO

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from ledger.models.company import company_number
from ledger.sie.exceptions import FileError
from ledger.sie.importing import import_sie_file

NEEDED = ("ledger.add_voucher", "ledger.change_voucher", "ledger.add_account")


class SieForm(forms.Form):
    """A file, and optionally whose it is."""

    file = forms.FileField(label=_("SIE file"))
    company = forms.CharField(
        label=_("Company number"),
        required=False,
        max_length=32,
        validators=[company_number],
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=_("Empty: the number in the file (#FNR, otherwise #ORGNR)."),
    )


def import_sie(request: HttpRequest, model_admin: ModelAdmin) -> HttpResponse:
    """Show the form, and after a POST the report or the error; a file that can't be read changes nothing."""
    if not request.user.has_perms(NEEDED):
        raise PermissionDenied
    form = SieForm(request.POST or None, request.FILES or None)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Import a SIE file"),
        "form": form,
        **(_imported(form) if form.is_valid() else {}),
    }
    return TemplateResponse(request, "admin/ledger/sie/import.html", context)


def _imported(form: SieForm) -> dict[str, Any]:
    upload: UploadedFile[bytes] = form.cleaned_data["file"]
    source: BinaryIO = upload.file  # type: ignore[assignment]
    name, company = upload.name or "", form.cleaned_data["company"] or None
    try:
        return {"report": import_sie_file(source=source, name=name, company_number=company)}
    except FileError as error:
        return {"error": error}
