"""The add-on Integrations: without it no key can be made at an office or a company.

An office orders it for its keys, which its clients needn't; a company for its own end users' keys. What an office has
ordered counts for its own company as well.
"""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from access import terms
from access.models import Office, TermsAcceptance
from ledger.models import Company


@transaction.atomic
def activate(*, by: User, office: Office | None = None, company: Company | None = None) -> TermsAcceptance:
    """Order the add-on by accepting the terms as they are now; the acceptance of an older version ends with it.

    Who has accepted them already has: that acceptance is returned.
    """
    _lock(office, company)
    present = standing(office=office, company=company)
    if present is not None:
        if present.version == terms.CURRENT:
            return present
        _end(present)
    return TermsAcceptance.objects.create(office=office, company=company, version=terms.CURRENT, accepted_by=by)


@transaction.atomic
def deactivate(*, office: Office | None = None, company: Company | None = None) -> bool:
    """End the add-on: no new keys, those that there are go on; return False if it was ended already."""
    _lock(office, company)
    present = standing(office=office, company=company)
    if present is None:
        return False
    _end(present)
    return True


def is_activated(*, office: Office | None = None, company: Company | None = None) -> bool:
    """Tell whether keys can be made at an office or a company; for its own books an office's order counts as well.

    An older version of the terms counts until somebody ends it.
    """
    own = Q(office=office) if office is not None else Q(company=company) | Q(office__company=company)
    return TermsAcceptance.objects.filter(own, ended_at=None).exists()


def standing(*, office: Office | None = None, company: Company | None = None) -> TermsAcceptance | None:
    """Return the acceptance that an office's or a company's own order rests on."""
    return TermsAcceptance.objects.filter(office=office, company=company, ended_at=None).first()


def _end(acceptance: TermsAcceptance) -> None:
    acceptance.ended_at = timezone.now()
    acceptance.save(update_fields=["ended_at"])


def _lock(office: Office | None, company: Company | None) -> None:
    # One at a time a place: two who click at once make one acceptance.
    place: Office | Company | None = office or company
    if place is None:
        raise ValueError("The add-on is an office's or a company's.")
    type(place)._default_manager.select_for_update().get(pk=place.pk)
