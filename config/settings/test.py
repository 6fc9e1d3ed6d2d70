"""What tests run with: the services that tests/conftest.py started, never those of `make run`."""

from config.settings.base import (
    ALLOWED_HOSTS,
    ASGI_APPLICATION,
    AUTH_PASSWORD_VALIDATORS,
    AUTHENTICATION_BACKENDS,
    BASE_DIR,
    CACHES,
    CELERY_BEAT_SCHEDULE,
    CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP,
    CELERY_BROKER_TRANSPORT_OPTIONS,
    CELERY_BROKER_URL,
    CELERY_TASK_ACKS_LATE,
    CELERY_TASK_DEFAULT_QUEUE,
    CELERY_TASK_IGNORE_RESULT,
    CELERY_TASK_PUBLISH_RETRY,
    CELERY_TASK_REJECT_ON_WORKER_LOST,
    CELERY_TASK_ROUTES,
    CELERY_TIMEZONE,
    CELERY_WORKER_PREFETCH_MULTIPLIER,
    CONTENT_SECURITY_POLICY,
    CSRF_TRUSTED_ORIGINS,
    DATA_UPLOAD_MAX_NUMBER_FIELDS,
    DEBUG,
    DEFAULT_AUTO_FIELD,
    DEFAULT_FROM_EMAIL,
    DJANGO_GUID,
    EMAIL_CONFIG,
    EMAIL_HOST,
    EMAIL_HOST_PASSWORD,
    EMAIL_HOST_USER,
    EMAIL_PORT,
    EMAIL_TIMEOUT,
    EMAIL_USE_SSL,
    EMAIL_USE_TLS,
    FORMAT_MODULE_PATH,
    INSTALLED_APPS,
    LANGUAGE_CODE,
    LANGUAGES,
    LOCALE_PATHS,
    LOG_FORMAT,
    LOGIN_REDIRECT_URL,
    LOGIN_URL,
    MIDDLEWARE,
    REST_FRAMEWORK,
    ROOT_URLCONF,
    SECURE_CONTENT_TYPE_NOSNIFF,
    SECURE_REFERRER_POLICY,
    SENTRY_DSN,
    SESSION_COOKIE_HTTPONLY,
    SPECTACULAR_SETTINGS,
    STATIC_URL,
    TEMPLATES,
    TIME_ZONE,
    UNFOLD,
    USE_I18N,
    USE_TZ,
    UTKORG_EMBEDDED_BROKER,
    UTKORG_EMBEDDED_DATABASE,
    UTKORG_IMPORT_DAYS,
    UTKORG_IMPORT_FOLDER,
    UTKORG_IMPORT_MAX_MB,
    UTKORG_NOTICE_DAYS,
    UTKORG_PRODUCTION,
    UTKORG_THROTTLE_RATES,
    UTKORG_TRACE_DAYS,
    UTKORG_TRUSTED_PROXIES,
    UTKORG_URL,
    X_FRAME_OPTIONS,
    embedded,
    env,
)
from config.settings.connections import database
from config.settings.logs import logging_config

SECRET_KEY = "only-for-tests-" + "0123456789" * 5
API_KEY_PEPPER = "pepper-only-for-tests-" + "0123456789" * 5
READY_FILE = ""
STATIC_ROOT = BASE_DIR / "static-collected"

# Emptying captured tables between tests is what the guard against TRUNCATE lets nobody else do.
DATABASES = {"default": database(env, embedded.database_url, **{"utkorg.allow_truncate": "on"})}
LOGGING = logging_config("text", "WARNING")
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
