"""What this app does when others announce something."""

from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate

from access import access_templates, delivered_groups
from access.alarms import raise_alarm
from access.signals import replaced_key_used


def connect() -> None:
    """Keep what is delivered as this version of the program has it; tell of uses of replaced keys."""
    post_migrate.connect(_deliver)
    replaced_key_used.connect(raise_alarm, dispatch_uid="alarm")


def is_last(app_config: AppConfig) -> bool:
    """Tell whether this is the last app that is migrated: only then are the permissions of all there."""
    return app_config is [config for config in apps.get_app_configs() if config.models_module is not None][-1]


def _deliver(app_config: AppConfig, using: str, **kwargs: Any) -> None:
    # Migrated backwards, there may be no table for them.
    present = kwargs.get("apps", apps).all_models["access"]
    if not is_last(app_config):
        return
    if "accesstemplate" in present:
        access_templates.deliver(using=using)
    if "deliveredgroup" in present:
        delivered_groups.deliver(using=using)
