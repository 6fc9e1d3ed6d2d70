"""Which writes of the journal are in this database."""

from django.db import models


class Write(models.Model):
    """That a write of this uid was committed; a row of the transaction that did it.

    `is_again`: it was lost with a database, and taken in again; `gave` are then the addresses of the rows that it made,
    which may be others than those of the first time.
    """

    uid = models.UUIDField(primary_key=True)
    is_again = models.BooleanField(default=False)
    gave = models.JSONField(default=list)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.uid)
