"""The language that a person reads: their own choice, else their browser's."""

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.translation import get_language_info

from access.models import Profile


def languages() -> list[tuple[str, str]]:
    """Every language of the installation by its own name, so that whoever reads it finds it."""
    return [(code, str(get_language_info(code)["name_local"]).capitalize()) for code, _name in settings.LANGUAGES]


def choose_language(*, user: User, language: str) -> None:
    """Let a person read one language everywhere; none (empty) is what their browser says."""
    user.profile, _is_new = Profile.objects.update_or_create(user=user, defaults={"language": language})


def chosen_language(user: User) -> str:
    """What a person has chosen for themself, empty where they haven't."""
    profile: Profile | None = getattr(user, "profile", None)
    return profile.language if profile and profile.language in dict(settings.LANGUAGES) else ""


def language_of(user: User) -> str:
    """What to write to a person in when no browser asks: their own language, else the installation's."""
    return chosen_language(user) or settings.LANGUAGE_CODE
