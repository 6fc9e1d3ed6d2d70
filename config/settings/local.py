"""`make run`, and commands beside it: embedded services, and secrets that are made on first use."""

from pathlib import Path

from config.embedded.secret_values import kept_secret
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
    DATABASES,
    DEBUG,
    DEFAULT_AUTO_FIELD,
    DEFAULT_FROM_EMAIL,
    DJANGO_GUID,
    EMAIL_BACKEND,
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
    LOGGING,
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
    X_FRAME_OPTIONS,
    embedded,
    env,
)

SECRET_KEY: str = env.str("SECRET_KEY", default="") or kept_secret(embedded, "secret_key")
API_KEY_PEPPER: str = env.str("API_KEY_PEPPER", default="") or kept_secret(embedded, "api_key_pepper")

# The web server that the supervisor starts
UTKORG_URL: str = env.str("UTKORG_URL", default=f"http://127.0.0.1:{env.str('PORT', default='') or '8000'}")

STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(embedded.static)))

# Set by the supervisor: /healthz is not well before this file is there, so who waits for either has both.
READY_FILE: str = env.str("UTKORG_READY_FILE", default="")
