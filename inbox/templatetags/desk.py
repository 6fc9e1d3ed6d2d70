"""What the desk's pages show, in the form of the language in force."""

from decimal import Decimal

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def as_amount(amount: Decimal) -> str:
    """An amount with its decimals and groups."""
    return str(number_format(amount, 2, use_l10n=True, force_grouping=True))
