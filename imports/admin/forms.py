"""What the page asks for."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from ledger.models.company import company_number


class ManyFilesInput(forms.FileInput):
    """A field that takes several files."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several files, each checked as one is."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list["UploadedFile[bytes]"]:
        """Return the files; at least one."""
        single = super().clean
        return [single(one, initial) for one in (data or [None])]


class ImportForm(forms.Form):
    """Files, and optionally whose they are."""

    uploads = ManyFilesField(label=_("Files"), max_length=255)
    company_number = forms.CharField(
        label=_("Company number"),
        required=False,
        max_length=32,
        validators=[company_number],
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=_(
            "Empty: the number in the file (SIE: #FNR, otherwise #ORGNR; SAF-T: the organisation number). "
            "A number given here goes for all the files."
        ),
    )
