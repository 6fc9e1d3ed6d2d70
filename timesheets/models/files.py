"""Files of hours that somebody has put in and not yet confirmed."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ledger.models import Company


class HoursFile(models.Model):
    """A file between its preview and its confirmation, in the database: whichever web process is asked has it."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+", verbose_name=_("company"))
    name = models.CharField(_("file"), max_length=255)
    content = models.BinaryField()
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now, db_index=True)  # the clean-up of those left behind

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
