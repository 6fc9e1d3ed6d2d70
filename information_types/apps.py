from django.apps import AppConfig


class InformationTypesConfig(AppConfig):
    name = "information_types"
