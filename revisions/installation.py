"""This installation: who it is, and how many times its database became an older one."""

from revisions.models import Installation, Restoration


def installation() -> Installation:
    """The installation, made when absent; several at once get the same one."""
    known, _made = Installation.objects.get_or_create(pk=1)
    return known


def last_restoration() -> Restoration | None:
    """The last time that the database became an older one, None if it never did."""
    return Restoration.objects.order_by("epoch").last()
