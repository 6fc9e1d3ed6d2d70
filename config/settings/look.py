"""How the admin looks: its name, its colours, and where the sidebar leads."""

import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Item = dict[str, Any]


def _may_view(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _may_any(*permissions: str) -> Callable[[HttpRequest], bool]:
    return lambda request: any(request.user.has_perm(permission) for permission in permissions)


def _list(title: str | Promise, icon: str, model: str) -> Item:
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": _may_view(f"{app}.view_{name}"),
        "model": model,
    }


def _of_account(title: str | Promise, icon: str, page: str, folder: str, shown_to: str) -> Item:
    """A page of the account that one works in: the link leads to it, whichever account that is."""
    own = re.compile(rf"/admin/(?:company|office)/[^/]+/{folder}/")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"my_{page}"),
        "active": lambda request: own.match(request.path) is not None,
        "permission": f"access.admin.company.menu.{shown_to}",
    }


def _is_one_client(request: HttpRequest) -> bool:
    """Whether the page is of one client's rights; the list of clients has an address that theirs begin with."""
    return re.match(r"/admin/access/clientaccess/(choose|\d+)/", request.path) is not None


def _is_clients(request: HttpRequest) -> bool:
    return request.path.startswith("/admin/access/clientaccess/") and not _is_one_client(request)


def _is_hours(request: HttpRequest) -> bool:
    """Whether the page is of hours that are there; the form of new ones has an entry of its own."""
    path = "/admin/timesheets/timetransaction/"
    return request.path.startswith(path) and not request.path.startswith(f"{path}add/")


def _static(path: str) -> Callable[[HttpRequest], str]:
    return lambda _request: static(path)


IMPORT_FILES: Item = {
    "title": _("Import files"),
    "icon": "upload_file",
    "link": reverse_lazy("admin:imports_fileimport_add"),
    "permission": _may_view("ledger.add_voucher"),
}

NAVIGATION: list[Item] = [
    {
        "items": [
            {"title": _("Overview"), "icon": "home", "link": reverse_lazy("admin:index")},
            {
                "title": _("Messages"),
                "icon": "notifications",
                "link": reverse_lazy("admin:notices_notice_changelist"),
            },
        ],
    },
    {
        "title": _("Outbox"),
        "items": [
            _list(_("Subscriptions"), "outbox", "subscriptions.subscription"),
            _list(_("One-off transfers"), "move_up", "onetime_transfer.transfer"),
            _list(_("Reported rows"), "flag", "revisions.feedback"),
            {
                "title": pgettext_lazy("menu", "Trace"),
                "icon": "manage_search",
                "link": reverse_lazy("trace"),
                "permission": _may_view("subscriptions.view_subscription"),
            },
        ],
    },
    {
        "title": _("Bookkeeping"),
        "items": [
            _list(_("Vouchers"), "receipt_long", "ledger.voucher"),
            _list(_("Ledger entries"), "table_rows", "ledger.ledgerentry"),
            IMPORT_FILES,
            _list(_("Imports"), "history", "imports.fileimport"),
            _list(_("Chart of accounts"), "account_tree", "ledger.account"),
            _list(_("Dimensions"), "category", "ledger.dimensionvalue"),
            _list(_("Further SIE dimensions"), "schema", "ledger.otherdimension"),
            _list(_("Balances"), "balance", "ledger.balance"),
        ],
    },
    {
        "title": _("E-mail portal"),
        "items": [
            _list(_("Incoming invoices"), "mark_email_unread", "inbox.incominginvoice"),
            _list(pgettext_lazy("menu of the e-mail portal", "E-mails"), "mail", "inbox.mail"),
            _list(_("Addresses"), "alternate_email", "inbox.portal"),
        ],
    },
    {
        "title": _("Invoices"),
        "items": [
            _list(_("Suppliers"), "local_shipping", "ledger.supplier"),
            _list(_("Supplier invoices"), "request_quote", "ledger.supplierinvoice"),
            _list(_("Supplier payments"), "payments", "ledger.supplierpayment"),
            _list(_("Customers"), "groups", "ledger.customer"),
            _list(_("Customer ledger"), "description", "ledger.customerinvoice"),
            _list(_("Customer payments"), "savings", "ledger.customerpayment"),
        ],
    },
    {
        "title": _("Hours"),
        "items": [
            {**_list(_("Time transactions"), "schedule", "timesheets.timetransaction"), "active": _is_hours},
            {
                "title": _("Register hours"),
                "icon": "more_time",
                "link": reverse_lazy("admin:timesheets_timetransaction_add"),
                "permission": _may_view("timesheets.add_timetransaction"),
            },
            _list(_("Time categories"), "label", "timesheets.timecategory"),
        ],
    },
    {
        "title": _("Working copies"),
        "items": [
            {
                **_list(_("Working copies"), "edit_document", "workcopies.workingcopy"),
                "permission": _may_any("workcopies.view_workingcopy", "workcopies.add_workingcopy"),
            },
            {
                **_list(_("Check-ins"), "assignment_returned", "workcopies.checkin"),
                "permission": _may_any("workcopies.view_checkin", "workcopies.check_in"),
            },
            {
                **_list(_("Conflicts"), "call_split", "workcopies.conflict"),
                "badge": "workcopies.admin.badge.open_conflicts",
            },
        ],
    },
    {
        "title": pgettext_lazy("menu", "Company"),
        "items": [
            _of_account(_("My subscription"), "shopping_bag", "add_on", "subscription", "has_account"),
            _of_account(_("Employees"), "badge", "employees", "employees", "has_account"),
            _of_account(_("Accountant"), "handshake", "accountant", "accountant", "may_see_accountants"),
            _list(_("Companies"), "domain", "ledger.company"),
            _list(_("Accounting offices"), "apartment", "access.office"),
            _list(_("Financial years"), "calendar_month", "ledger.financialyear"),
        ],
    },
    {
        "title": pgettext_lazy("menu", "Customers"),
        "items": [
            {**_list(pgettext_lazy("menu", "Clients"), "groups_2", "access.clientaccess"), "active": _is_clients},
        ],
    },
    {
        "title": pgettext_lazy("menu", "Client"),
        "items": [
            {
                "title": pgettext_lazy("menu of a client", "Rights"),
                "icon": "rule",
                "link": reverse_lazy("admin:access_clientaccess_choose"),
                "active": _is_one_client,
                "permission": _may_view("access.view_clientaccess"),
            },
            _list(_("Access templates"), "fact_check", "access.accesstemplate"),
        ],
    },
    {
        "title": _("Access"),
        "items": [
            _list(pgettext_lazy("menu", "API keys"), "key", "access.apikey"),
            _list(_("Applications"), "extension", "access.application"),
            _list(_("Users"), "person", "auth.user"),
            _list(_("Groups"), "group", "auth.group"),
            {
                **_list(_("Memberships"), "badge", "access.membership"),
                "permission": "access.admin.memberships.may_see_memberships",
            },
            _list(_("Failed sign-ins"), "lock_person", "sign_in.failedsignin"),
            _list(_("Access tokens"), "token", "access.accesstoken"),
            _list(_("Audit log"), "history", "history.change"),
        ],
    },
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Utkorg",
    "SITE_HEADER": "Utkorg",
    "SITE_SYMBOL": "outbox",
    "SITE_URL": None,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _static("config/icon.svg")}],
    "SHOW_LANGUAGES": True,
    # Django's own names for them begin with small letters.
    "LANGUAGES": {
        "navigation": [
            {"code": "sv", "name_local": "Svenska"},
            {"code": "nb", "name_local": "Norsk (bokmål)"},
            {"code": "en", "name_local": "English"},
        ],
    },
    "ACCOUNT": {
        "navigation": [
            {"title": _("My settings"), "link": reverse_lazy("my_settings")},
            {"title": _("Two-factor sign-in"), "link": reverse_lazy("two_factor")},
            {"title": _("Where you are signed in"), "link": reverse_lazy("sessions")},
            {"title": _("Change password"), "link": reverse_lazy("admin:password_change")},
        ],
    },
    "SHOW_BACK_BUTTON": True,
    "STYLES": [
        _static("config/admin.css"),
        _static("access/company.css"),
        _static("notices/notices.css"),
        _static("watch/watch.css"),
        _static("sign_in/sign_in.css"),
        _static("onetime_transfer/transfer.css"),
        _static("timesheets/timesheets.css"),
        _static("revisions/feedback.css"),
        _static("workcopies/workcopies.css"),
        _static("inbox/desk.css"),
        _static("inbox/inbox.css"),
    ],
    "SCRIPTS": [
        _static("config/admin.js"),
        _static("config/keys.js"),
        _static("config/names.js"),
        _static("notices/notices.js"),
        _static("watch/live.js"),
    ],
    "DASHBOARD_CALLBACK": "watch.admin.overview.add_overview",
    "COMMAND": {"search_models": False, "show_history": False},
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": NAVIGATION},
    "COLORS": {
        # A calm blue-green; Unfold's own is purple.
        "primary": {
            "50": "oklch(98.4% .014 180.72)",
            "100": "oklch(95.3% .051 180.801)",
            "200": "oklch(91% .096 180.426)",
            "300": "oklch(85.5% .138 181.071)",
            "400": "oklch(77.7% .152 181.912)",
            "500": "oklch(60% .118 184.704)",
            "600": "oklch(51.1% .096 186.391)",
            "700": "oklch(45% .085 187)",
            "800": "oklch(39% .07 188.216)",
            "900": "oklch(33% .055 190)",
            "950": "oklch(27.7% .046 192.524)",
        },
    },
}

IN_COPIES = ("ledger.", "timesheets.")


def of_working_copy() -> dict[str, Any]:
    """The same for a working copy that is worked in offline: its registers, and no account."""
    registers = [
        {**group, "items": [item for item in group["items"] if item.get("model", "").startswith(IN_COPIES)]}
        for group in NAVIGATION
    ]
    first: Item = {
        "items": [{"title": _("This working copy"), "icon": "home_storage", "link": reverse_lazy("admin:index")}],
    }
    return {
        **UNFOLD,
        "ACCOUNT": {"navigation": []},
        "SHOW_HISTORY": False,
        "DASHBOARD_CALLBACK": "workcopies.http.pages.add_overview",
        "STYLES": [_static("config/admin.css"), _static("workcopies/offline.css")],
        "SCRIPTS": [_static("config/admin.js"), _static("config/keys.js"), _static("config/names.js")],
        "SIDEBAR": {**UNFOLD["SIDEBAR"], "navigation": [first, *(group for group in registers if group["items"])]},
    }
