"""Every page of the admin, by name; what stands in braces is a key of `tests.sample.Sample.rows`.

A page that is new is named here, and with that looked at in three languages, in the dark, on a phone, by axe-core, and
its queries are counted. `test_no_page_of_the_admin_is_forgotten` tells who forgets.
"""

from collections.abc import Iterator

# Registers: their list, the page to add a row where there is one, and a row's own page
READ_ONLY = ["access/accesstoken", "ledger/balance", "ledger/ledgerentry", "revisions/feedback", "sign_in/failedsignin"]
REGISTERS = [
    "access/accesstemplate",
    "access/apikey",
    "access/application",
    "access/membership",
    "access/office",
    "auth/group",
    "auth/user",
    "imports/fileimport",
    "ledger/account",
    "ledger/company",
    "ledger/customer",
    "ledger/customerinvoice",
    "ledger/customerpayment",
    "ledger/dimensionvalue",
    "ledger/financialyear",
    "ledger/otherdimension",
    "ledger/supplier",
    "ledger/supplierinvoice",
    "ledger/supplierpayment",
    "ledger/voucher",
    "onetime_transfer/transfer",
    "subscriptions/subscription",
    "timesheets/timecategory",
    "timesheets/timetransaction",
]

OTHERS = {
    "clients": "access/clientaccess/",
    "clients-without-key": "access/clientaccess/?key=none",
    "client": "access/clientaccess/{clientaccess}/change/",
    "client-off": "access/clientaccess/{client_off}/change/",
    "client-choose": "access/clientaccess/choose/",
    "client-access": "access/clientaccess/grant/?ids={clientaccess},{client_off}",
    "client-access-withdraw": "access/clientaccess/withdraw/?ids={clientaccess},{client_off}",
    "clients-remove": "access/clientaccess/remove/?ids={clientaccess},{client_off}",
    "client-access-undo": "access/clientaccess/undo/",
    "office-clients": "access/office/{office}/clients/",
    "overview": "",
    "password-change": "password_change/",
    "app": "ledger/",
    "my-settings": "my-settings/",
    "two-factor": "my-settings/two-factor/",
    "two-factor-on": "my-settings/two-factor/turn-on/",
    "sessions": "my-settings/sessions/",
    "sessions-end": "my-settings/sessions/end/",
    "user-two-factor": "auth/user/{user}/two-factor/",
    "find": "find/?q=fastighets",
    "notices": "notices/notice/",
    "notices-unread": "notices/notice/?show=unread",
    "import-refused": "imports/fileimport/{import_refused}/change/",
    "import-ready": "imports/fileimport/{import_ready}/change/",
    "import-waiting": "imports/fileimport/{import_waiting}/change/",
    "find-number": "find/?q=100",
    "restored": "restored/",
    "trace": "trace/",
    "trace-by-sequence": "trace/?by=sequence",
    "trace-by-revision": "trace/?by=revision",
    "trace-found": "trace/?type=ledger_entries&company={company}&key-number={voucher_number}",
    "history": "history/change/",
    "history-entry": "history/change/{change}/change/",
    "history-of-address": "history/change/?address=192.0.2.0/24",
    "history-of-subscription": "history/change/?q=EXOPEN",
    "hours-register": "timesheets/timetransaction/add/?company={company}",
    "hours-copied": "timesheets/timetransaction/add/?copy={timetransaction}&days=7",
    "hours-approve": "timesheets/timetransaction/approve/?ids={timetransaction}",
    "hours-withdraw": "timesheets/timetransaction/withdraw/?ids={timetransaction}&level=2",
    "hours-csv": "timesheets/timetransaction/csv/",
    "hours-csv-ready": "timesheets/timetransaction/csv/{hours_file}/",
    "hours-csv-wrong": "timesheets/timetransaction/csv/{hours_file_wrong}/",
    "hours-waiting": "timesheets/timetransaction/?company__id__exact={company}&approval=waiting1",
    "hours-changed": "timesheets/timetransaction/?company__id__exact={company}&changed_since=yes",
    "no-rows-found": "ledger/voucher/?q=finns-inte",
    "vouchers-filtered": "ledger/voucher/?year=2010&company__id__exact={company}",
    "company-delete": "ledger/company/{company}/delete/",
    "voucher-reverse": "ledger/voucher/{voucher}/reverse/",
    "voucher-delete": "ledger/voucher/{voucher}/delete/",
    "voucher-history": "ledger/voucher/{voucher}/history/",
    "accesstemplate-own": "access/accesstemplate/{own_template}/change/",
    "accesstemplate-copied": "access/accesstemplate/add/?copy={own_template}",
    "accesstemplate-delete": "access/accesstemplate/{own_template}/delete/",
    "apikey-revoke": "access/apikey/{apikey}/revoke/",
    "apikey-chosen": "access/apikey/{chosen_key}/change/",
    "apikey-replaced": "access/apikey/{replaced_key}/change/",
    "apikey-revoked": "access/apikey/{revoked_key}/change/",
    "apikey-restore": "access/apikey/{replaced_key}/restore/",
    "apikey-restore-revoked": "access/apikey/{revoked_key}/restore/",
    "apikey-end-old": "access/apikey/{replaced_key}/end-old/",
    "apikey-why-asks": "access/apikey/{client_key}/why/",
    "apikey-why": "access/apikey/{client_key}/why/?company=203",
    "apikey-why-right": "access/apikey/{client_key}/why/?company=204&permission=ledger.add_voucher&only=differences",
    "apikey-why-own": "access/apikey/{chosen_key}/why/",
    "account-choose": "account/choose/?to=employees",
    "add-on": "office/190/subscription/",
    "add-on-terms": "office/190/subscription/terms/{acceptance}/",
    "add-on-not-activated": "company/200/subscription/",
    "employees": "office/190/employees/",
    "employees-nobody": "company/200/employees/",
    "employee-add": "office/190/employees/add/?who=new",
    "employee": "office/190/employees/{member}/",
    "employee-end": "office/190/employees/{member}/end/",
    "employee-left": "office/190/employees/{former_member}/",
    "employee-rights": "office/190/employees/{member}/rights/",
    "employee-keys": "office/190/employees/{member}/keys/",
    "employee-keys-no-add-on": "company/259/employees/{member_without_add_on}/keys/",
    "employee-key-add": "office/190/employees/{member}/keys/new/",
    "accountant": "company/200/accountant/",
    "accountant-none": "company/259/accountant/",
    "accountant-of-office": "office/190/accountant/",
    "user-password": "auth/user/{user}/password/",
    "subscription-cut": "subscriptions/subscription/{cut_subscription}/change/",
    "subscription-inactive": "subscriptions/subscription/{inactive_subscription}/change/",
    "subscription-negative": "subscriptions/subscription/{negative_subscription}/change/",
    "subscription-delete": "subscriptions/subscription/{subscription}/delete/",
    "subscription-history": "subscriptions/subscription/{subscription}/history/",
    "subscription-copy": "subscriptions/subscription/add/?copy={negative_subscription}",
    "subscription-activate": "subscriptions/subscription/activate/?ids={inactive_subscription}",
    "subscription-deactivate": "subscriptions/subscription/deactivate/?ids={subscription},{cut_subscription}",
    "subscription-purge": "subscriptions/subscription/purge/?ids={subscription}",
    "subscription-take-out": "subscriptions/subscription/{subscription}/take-out/",
    "subscription-policy": "subscriptions/subscription/{subscription}/policy/",
    "outbox": "subscriptions/subscription/{subscription}/outbox/",
    "outbox-row": "subscriptions/subscription/{subscription}/outbox/{sequence}/",
    "outbox-empty": "subscriptions/subscription/{cut_subscription}/outbox/",
    "feedback-open": "revisions/feedback/?state__exact=open",
    "feedback-closed": "revisions/feedback/{feedback_dismissed}/change/",
    "feedback-of-deleted": "revisions/feedback/{feedback_deleted}/change/",
    "feedback-send": "revisions/feedback/send/?ids={feedback},{feedback_deleted}",
    "feedback-dismiss": "revisions/feedback/dismiss/?ids={feedback}",
    "trace-reported": "trace/?type=suppliers&company={company}&key-number=2001",
    "reconciliation": "subscriptions/subscription/{subscription}/reconciliation/",
    "reconciliation-shown": "subscriptions/subscription/{subscription}/reconciliation/"
    "?information_type=ledger_entries&company={company}&period_from=2010-01&period_to=2010-03",
    "reconciliation-empty": "subscriptions/subscription/{subscription}/reconciliation/"
    "?information_type=projects&company={company}",
    "transfers-missing": "onetime_transfer/transfer/missing/?subscription={cut_subscription}",
    "transfer-failed": "onetime_transfer/transfer/{transfer_failed}/change/",
    "transfer-paused": "onetime_transfer/transfer/{transfer_paused}/change/",
    "transfer-cancelled": "onetime_transfer/transfer/{transfer_cancelled}/change/",
    "transfer-waiting": "onetime_transfer/transfer/{transfer_queued}/change/",
    "transfer-cancel": "onetime_transfer/transfer/{transfer_paused}/cancel/",
    "transfers-several": "onetime_transfer/transfer/several/?subscription={subscription}&subscription={transferred}",
    "transfers-of-company": "onetime_transfer/transfer/several/?company={company}",
    "transfer-of-subscription": "onetime_transfer/transfer/add/?subscription={subscription}",
}

# Addresses that show no page of their own: answers to POST, parts of pages, what is served beside pages.
NO_PAGES = {
    "my_add_on",  # lead to a page of the account that one works in
    "my_employees",
    "my_accountant",
    "accountant_offices",
    "accountant_change",  # questions, as employee-end
    "add_on_end",
    "employee_resume",
    "employee_invite",
    "employee_key_asks",
    "access_accesstemplate_copy",  # leads to the form of a new one
    "access_clientaccess_add",  # clients are added at their office
    "access_clientaccess_rights",
    "access_office_add_clients_here",
    "access_office_show_clients",
    "search",
    "login",  # looked at signed out
    "logout",
    "sign_in_code",  # looked at in test_sign_in
    "two_factor_off",
    "recovery_codes",
    "admin_password_reset",
    "password_reset_done",
    "password_reset_confirm",
    "openid",
    "openid_callback",
    "auth_user_reset_second_factor",  # leads on
    "access_accesstoken_add",  # nobody adds what a program logs in for
    "sign_in_failedsignin_add",  # nobody adds what is counted
    "password_change_done",
    "autocomplete",
    "jsi18n",
    "view_on_site",
    "history_change_add",  # nobody writes history
    "imports_fileimport_again",
    "imports_fileimport_cancel",
    "imports_fileimport_confirm",
    "imports_fileimport_confirm-all",
    "imports_fileimport_progress",
    "imports_fileimport_under-way",
    "imports_fileimport_upload",
    "ledger_import_sie",  # leads to the page of imports
    "onetime_transfer_transfer_companies",
    "onetime_transfer_transfer_estimate",
    "onetime_transfer_transfer_parts",
    "onetime_transfer_transfer_several_estimate",
    "onetime_transfer_transfer_several_parts",
    "set_language",
    "timesheets_timetransaction_csv_template",  # a file
    "choice_means",
    "choice_preview",
    "missing_transfer_row",
    "passed_over",
    "feedback_notice",
    "revisions_feedback_add",  # integrations report, not people
    "subscriptions_subscription_companies",
    "subscriptions_subscription_standing",
    "watch_live",
    "watch_queue",
    "notices_notice_look",
    "notices_notice_open",
    "notices_notice_read",
    "notices_notice_read_all",
    "ledger_balance_add",  # nobody adds what imports and vouchers make
    "ledger_ledgerentry_add",
    "onetime_transfer_transfer_progress",
    "onetime_transfer_transfer_pause",
    "onetime_transfer_transfer_resume",
}


def _pages() -> Iterator[tuple[str, str]]:
    for register in [*REGISTERS, *READ_ONLY]:
        name = register.partition("/")[2]
        yield f"{name}-list", f"{register}/"
        if register not in READ_ONLY:
            yield f"{name}-add", f"{register}/add/"
        yield name, f"{register}/{{{name}}}/change/"
    yield from OTHERS.items()


PAGES = dict(_pages())
