"""The addresses of registers, below `/api/v1/`: two for each, from the registry."""

from collections.abc import Mapping

from django.db.models import Model
from django.urls import path

from registers.api.addresses import name_of, route_of
from registers.api.reading import RegisterItem, RegisterList
from registers.register import all_registers

# Views of registers that can be written as well, by their model
LISTS: Mapping[type[Model], type[RegisterList]] = {}
ITEMS: Mapping[type[Model], type[RegisterItem]] = {}

urlpatterns = [
    address
    for register in all_registers()
    for address in (
        path(register.slug, LISTS.get(register.model, RegisterList).of(register).as_view(), name=name_of(register)),
        path(route_of(register), ITEMS.get(register.model, RegisterItem).of(register).as_view()),
    )
]
