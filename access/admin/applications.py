"""Applications: the programs that keys are made for."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from access.models import Application


@admin.register(Application)
class ApplicationAdmin(ModelAdmin):
    """The list of known integrations."""

    list_display = ["name", "vendor", "supports_office_keys"]
    list_filter = ["supports_office_keys"]
    search_fields = ["name", "vendor"]
