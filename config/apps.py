from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The top of the project; its checks are registered when the project has loaded."""

    name = "config"
