"""Answers that are given again to a request that comes again."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from access.models.keys import ApiKey


class KeptAnswer(models.Model):
    """What a POST that bore an Idempotency-Key was answered, committed together with what it did.

    `name_digest` is of the Idempotency-Key, `request_digest` of the request; `companies` are those whose data the
    answer may tell, looked at again before it is given again.
    """

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="kept_answers", db_index=False)
    name_digest = models.CharField(max_length=64)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField()
    body = models.BinaryField()
    companies = ArrayField(models.BigIntegerField(), default=list)
    kept_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["kept_at"], name="kept_answer_by_age")]  # the hourly clean-up
        constraints = [
            models.UniqueConstraint(fields=["key", "name_digest"], name="kept_answer_once"),
            models.CheckConstraint(
                # So that what a caller wrote in the header can't land here by mistake.
                name="kept_answer_digest_form",
                condition=Q(name_digest__regex=r"^[0-9a-f]{64}$", request_digest__regex=r"^[0-9a-f]{64}$"),
            ),
            models.CheckConstraint(name="kept_answer_is_good", condition=Q(status__gte=200, status__lt=400)),
        ]

    def __str__(self) -> str:
        return f"{self.key_id} {self.kept_at}"
