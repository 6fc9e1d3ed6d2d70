"""What of the groups is delivered."""

from django.contrib.auth.models import Group, Permission
from django.db import models


class DeliveredGroup(models.Model):
    """That a group was delivered, with which rights: what an installation has changed of it since stays as it is."""

    key = models.CharField(max_length=50, unique=True)
    group = models.OneToOneField(Group, on_delete=models.SET_NULL, related_name="+", null=True)
    permissions = models.ManyToManyField(Permission, related_name="+")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.key
