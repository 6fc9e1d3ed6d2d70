"""The addresses of accounts' pages, below `/admin/`: an office's and its own company's differ in their first part."""

from collections.abc import Callable
from typing import Any

from django.contrib.admin import site
from django.urls import include, path

from access.accounts import AccountKind
from access.admin.company import accountant, add_on, choosing, employee, employee_keys, employee_rights, employees


def _page(route: str, view: Callable[..., Any], name: str) -> Any:
    return path(route, site.admin_view(view), name=name)


PAGES = [
    _page("subscription/", add_on.page, "add_on"),
    _page("subscription/end/", add_on.end, "add_on_end"),
    _page("subscription/terms/<int:pk>/", add_on.accepted_terms, "add_on_terms"),
    _page("employees/", employees.employees, "employees"),
    _page("employees/add/", employees.add, "employee_add"),
    _page("employees/<int:pk>/", employee.details, "employee"),
    _page("employees/<int:pk>/end/", employee.end, "employee_end"),
    _page("employees/<int:pk>/resume/", employee.resume, "employee_resume"),
    _page("employees/<int:pk>/invite/", employee.invite, "employee_invite"),
    _page("employees/<int:pk>/rights/", employee_rights.rights, "employee_rights"),
    _page("employees/<int:pk>/keys/", employee_keys.keys, "employee_keys"),
    _page("employees/<int:pk>/keys/new/", employee_keys.new, "employee_key_add"),
    _page("employees/<int:pk>/keys/new/asks/", employee_keys.asks, "employee_key_asks"),
    _page("accountant/", accountant.page, "accountant"),
    _page("accountant/change/", accountant.change, "accountant_change"),
    _page("accountant/offices/", accountant.offices, "accountant_offices"),
]

urlpatterns = [
    _page("account/choose/", choosing.choose, "account_choose"),
    _page("account/subscription/", choosing.led_to("add_on"), "my_add_on"),
    _page("account/employees/", choosing.led_to("employees"), "my_employees"),
    _page("account/accountant/", choosing.led_to("accountant"), "my_accountant"),
    *(path(f"{kind}/<str:number>/", include(PAGES), {"kind": str(kind)}) for kind in AccountKind),
]
