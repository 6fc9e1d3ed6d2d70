"""`manage.py work`: the registers' pages over a working copy's file, on a machine with nothing but the project.

No variable of the environment is needed, no folder made, no server asked.
"""

import secrets
from typing import Any

from config.settings import look
from config.settings.base import (
    BASE_DIR,
    CONTENT_SECURITY_POLICY,
    DATA_UPLOAD_MAX_NUMBER_FIELDS,
    DEFAULT_AUTO_FIELD,
    DJANGO_GUID,
    FORMAT_MODULE_PATH,
    LANGUAGE_CODE,
    LANGUAGES,
    LOCALE_PATHS,
    SECURE_CONTENT_TYPE_NOSNIFF,
    SECURE_REFERRER_POLICY,
    STATIC_URL,
    TIME_ZONE,
    USE_I18N,
    USE_TZ,
    X_FRAME_OPTIONS,
)
from config.settings.logs import logging_config

UTKORG_PRODUCTION = False
UTKORG_WORKING_COPY = True
UTKORG_URL = ""
UTKORG_WORKING_COPY_FOLDER = ""
READY_FILE = ""
DEBUG = False

# Nothing that is signed with it outlives the process.
SECRET_KEY = secrets.token_urlsafe(64)
API_KEY_PEPPER = secrets.token_urlsafe(64)
# This machine alone, by names that no other site's address can stand for.
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

ROOT_URLCONF = "config.work_urls"
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # before django.contrib.admin, whose templates it replaces
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "workcopies.offline.apps.OfflineAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "django_guid",
    "csp",
    "pgtrigger",
    "information_types",
    "notices",
    "ledger",
    "history",
    "access",
    "timesheets",
    "workcopies.offline.apps.OfflineConfig",
    "config",
]
MIDDLEWARE = [
    "django_guid.middleware.guid_middleware",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.ContentSecurityPolicyMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "workcopies.http.middleware.HolderMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
AUTHENTICATION_BACKENDS = ["access.backends.ProfileBackend"]
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
CSRF_COOKIE_NAME = "utkorg_work_csrf"  # a server's on this machine has another
CSRF_COOKIE_SAMESITE = "Strict"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "workcopies" / "offline" / "templates", BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "workcopies.http.context.working_copy",
            ],
        },
    },
]
UNFOLD = look.of_working_copy()

# The command names the file.
DATABASES: dict[str, dict[str, Any]] = {
    "default": {"ENGINE": "workcopies.sqlite", "NAME": "", "OPTIONS": {"uri": True}, "CONN_MAX_AGE": 0},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CELERY_BROKER_URL = "memory://"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
LOG_FORMAT = "text"
LOGGING = logging_config("text", "WARNING")
# The page says what was refused; the terminal is for what nobody foresaw.
LOGGING["loggers"]["django.request"] = {"level": "ERROR"}
SENTRY_DSN = ""
