"""Making a key from its form, whichever page the form is on."""

from typing import Any

from django.contrib.admin import site
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from access.admin.key_fields import RIGHTS_ASKED, RIGHTS_MEAN
from access.admin.key_forms import NewKeyForm
from access.admin.rights_table import grouped, names_of
from access.exceptions import AccessError
from access.key_rights import Place, asked_in_vain, choosable, name_of, owned_at
from access.models import ApiKey, Application, KeyKind, KeyRights
from access.services import application_named, create_key


@sensitive_variables()
def make_from(form: NewKeyForm, *, by: User, owner: User) -> tuple[ApiKey, str] | None:
    """Make the key that a valid form describes; None, with the reason in the form, if it is refused."""
    values = form.cleaned_data
    place = place_of_new(form.place, is_office=form.kind == KeyKind.OFFICE)
    try:
        with transaction.atomic():
            return create_key(
                by=by,
                owner=owner,
                application=_application(form),
                name=values["name"],
                kind=form.kind,
                rights=KeyRights(values["rights"]),
                expires_at=values["expires_at"],
                allowed_networks=values["allowed_networks"],
                office=place.office,
                company=place.company,
            )
    except AccessError as refused:
        field = getattr(refused, "field", None)
        form.add_error(field if field in form.fields else None, str(refused))
        return None


def place_of_new(place: Place, *, is_office: bool) -> Place:
    """Return the place that a key is of which is made at one: an end user's key of an office is for its own books."""
    return Place(company=place.office.company) if place.office is not None and not is_office else place


def new_key_page(request: HttpRequest, form: NewKeyForm, *, back_url: str, asks_url: str = "") -> TemplateResponse:
    """Show the form of a key of the whole installation."""
    context = {
        **site.each_context(request),
        "title": _("New key"),
        "opts": ApiKey._meta,
        **form_context(form, back_url=back_url, asks_url=asks_url),
    }
    return TemplateResponse(
        request, "admin/access/apikey/new.html", context, status=400 if form.errors and form.is_bound else 200
    )


def form_context(form: NewKeyForm, *, back_url: str, asks_url: str = "") -> dict[str, Any]:
    """What `key_form.html` shows."""
    chosen = form["rights"].value()
    choices = [(one.value, RIGHTS_ASKED[one], RIGHTS_MEAN[one], one == chosen) for one in KeyRights]
    return {"form": form, "rights_choices": choices, "back_url": back_url, "asks_url": asks_url}


def preview(*, owner: User, place: Place, rights: KeyRights, application: Application | None) -> dict[str, Any]:
    """What `key_asks.html` shows: what the key would have, what is locked, and what the application asks in vain."""
    own = owned_at(owner, place)
    every = list(choosable(place))
    has = frozenset() if rights == KeyRights.NONE else own
    missing = [] if application is None else asked_in_vain(application, owner=owner, place=place, rights=rights)
    lacked = [one for one in missing if name_of(one) not in own]
    return {
        "rights": rights,
        "owner": owner,
        "application": application,
        "had": sum(name_of(one) in has for one in every),
        "locked": sum(name_of(one) not in own for one in every),
        "groups": grouped(
            every,
            chosen={one.pk for one in every if name_of(one) in has},
            locked={one.pk for one in every if name_of(one) not in own},
        ),
        "missing": names_of(missing),
        "lacked": names_of(lacked),
        "asks": application is not None and application.permissions.exists(),
    }


def application_of(form: NewKeyForm) -> Application | None:
    """Return the application that a form, valid or not, names so far."""
    if not form.is_bound:
        return None
    form.is_valid()
    return form.known_application()


def _application(form: NewKeyForm) -> Application:
    values = form.cleaned_data
    if not values["is_custom"]:
        chosen: Application = values["application"]
        return chosen
    vouches = bool(values.get("is_office") and values.get("vouches"))
    return application_named(name=values["custom_name"], supports_office_keys=vouches)
