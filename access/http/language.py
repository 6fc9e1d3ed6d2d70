"""Pages in the language that whoever is signed in has chosen; for everybody else the browser decides."""

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin

from access.language import chosen_language


class OwnLanguageMiddleware(MiddlewareMixin):
    """After Django's, which has read the browser's wish, and after the one that knows who is signed in."""

    def process_request(self, request: HttpRequest) -> None:
        """Change to the language that the user has chosen."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return
        if language := chosen_language(request.user):
            translation.activate(language)
            request.LANGUAGE_CODE = language
