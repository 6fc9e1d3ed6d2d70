"""The pages of signing in, and the list of who failed to."""

from django.contrib import admin
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from sign_in.admin.lockout import FailedSignInAdmin

__all__ = ["FailedSignInAdmin"]

# The library's own pages would show what nobody may see.
for kept_by_library in (TOTPDevice, StaticDevice):
    if admin.site.is_registered(kept_by_library):
        admin.site.unregister(kept_by_library)
