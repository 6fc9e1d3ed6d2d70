"""Applications: the programs that keys are made for."""

from django.contrib import admin

from access.http.admin import RegisterAdmin
from access.models import Application


@admin.register(Application)
class ApplicationAdmin(RegisterAdmin):
    """The list of known integrations."""

    list_display = ["name", "vendor", "supports_office_keys"]
    list_filter = ["supports_office_keys"]
    search_fields = ["name", "vendor"]
