"""The terms of the add-on Integrations: a text per version and language, shipped with the project.

A version's texts are never edited: what people accepted stays readable. A new one is added beside it, and `CURRENT`
names it.
"""

from django.utils.translation import get_language

CURRENT = "1.0"
FALLBACK = "en"
LANGUAGES = ("sv", "nb", "en")


def text_of(version: str, language: str | None = None) -> str:
    """Return the template with the text of a version, in a language or the one that is read now."""
    code = (language or get_language() or FALLBACK).partition("-")[0]
    return f"access/terms/{version}/{code if code in LANGUAGES else FALLBACK}.html"
