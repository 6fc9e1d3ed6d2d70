"""Offices, people, applications, keys, and what each may do where."""

from access.models.answers import KeptAnswer
from access.models.applications import Application
from access.models.groups import DeliveredGroup
from access.models.keys import ApiKey, ClientGrant, KeyKind, KeyRights, KeyState, ReplacedSecret
from access.models.letters import ExpiryWarning, KeyLetter
from access.models.organisation import AccessTemplate, ClientAccess, Membership, Office, TermsAcceptance
from access.models.profile import Profile
from access.models.tokens import AccessToken

__all__ = [
    "AccessTemplate",
    "AccessToken",
    "ApiKey",
    "Application",
    "ClientAccess",
    "ClientGrant",
    "DeliveredGroup",
    "ExpiryWarning",
    "KeptAnswer",
    "KeyKind",
    "KeyLetter",
    "KeyRights",
    "KeyState",
    "Membership",
    "Office",
    "Profile",
    "ReplacedSecret",
    "TermsAcceptance",
]
