"""Who had rights had them for every company: that is what a member of the whole installation has."""

from typing import Any

from django.db import migrations
from django.db.models import Q


def make_members(apps: Any, _schema_editor: Any) -> None:
    """Give the rights of each person who isn't a superuser to a membership of the whole installation."""
    membership = apps.get_model("access", "Membership")
    has_rights = Q(user_permissions__isnull=False) | Q(groups__isnull=False)
    for user in apps.get_model("auth", "User").objects.filter(has_rights, is_superuser=False).distinct():
        made = membership.objects.create(user=user)
        made.permissions.set(user.user_permissions.all())
        made.groups.set(user.groups.all())


class Migration(migrations.Migration):
    dependencies = [("access", "0004_offices_and_clients")]

    operations = [migrations.RunPython(make_members, migrations.RunPython.noop)]
