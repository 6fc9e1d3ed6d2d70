"""Whose the rows of `access` are, where no foreign key says it."""

from django.db.models import Q, QuerySet

from access.belonging import known_to_all, rule
from access.models import AccessTemplate, AccessToken, ApiKey, Membership, TermsAcceptance
from ledger.models import Company


@rule(ApiKey)
@rule(Membership)
@rule(TermsAcceptance)
def of_place(companies: QuerySet[Company]) -> Q:
    """What is of a company is that company's; what is of an office is of who may know of the office's own company."""
    keys = companies.order_by().values("pk")
    return Q(company__in=keys) | Q(office__company__in=keys)


@rule(AccessTemplate)
def of_office(companies: QuerySet[Company]) -> Q:
    """An office's are of who may know of the office's own company."""
    return Q(office__company__in=companies.order_by().values("pk"))


@rule(AccessToken)
def of_key(companies: QuerySet[Company]) -> Q:
    """A key's are of the key's place; those that people have for their password are the installation's."""
    keys = companies.order_by().values("pk")
    return Q(key__company__in=keys) | Q(key__office__company__in=keys)


known_to_all(AccessTemplate, Q(office=None))
