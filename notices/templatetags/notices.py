"""What page templates ask of messages."""

from django import template
from django.http import HttpRequest

from notices.bell import Bell, header_of

register = template.Library()

ICONS = {"info": "info", "success": "check_circle", "warning": "warning", "error": "error"}


@register.simple_tag
def bell(request: HttpRequest) -> Bell:
    """Return the signed-in person's bell."""
    return header_of(request).bell


@register.filter
def level_icon(level: str) -> str:
    """Return the name of a level's icon."""
    return ICONS.get(level, "info")
