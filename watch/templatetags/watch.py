"""How queues are shown."""

from django import template
from django.utils import timezone

from watch.ages import age
from watch.backlog import Backlog

register = template.Library()


@register.filter
def lag(backlog: Backlog) -> str:
    """How long the oldest row has waited."""
    return age(backlog.age(at=timezone.now()))


@register.filter
def plain(number: float) -> str:
    """A number as SVG reads it, whatever the language."""
    return f"{number:g}"
