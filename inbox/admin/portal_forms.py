"""For which company a portal is switched on, and how what comes is posted."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access import scope
from inbox.models import Portal
from inbox.posting import usual_accounts
from ledger.models import Account

CHANGE = "inbox.change_portal"
ACCOUNTS = {
    "payable_account": "payable",
    "vat_account": "vat",
    "rounding_account": "rounding",
    "expense_account": "expense",
}


class PortalForm(forms.ModelForm[Portal]):
    """How invoices are posted; an account that is named is one of the company's chart."""

    class Meta:
        model = Portal
        fields = ("series", *ACCOUNTS)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._known: dict[str, Account] = {}
        if self.instance.pk and "payable_account" in self.fields:
            self._say_what_is_usual()

    def _say_what_is_usual(self) -> None:
        usual = usual_accounts(self.instance.company)
        numbers = {name: getattr(usual, kind) for name, kind in ACCOUNTS.items()}
        named = [*numbers.values(), *(getattr(self.instance, name) for name in ACCOUNTS)]
        accounts = self._accounts(named)
        for name, number in numbers.items():
            account, chosen = accounts.get(number), accounts.get(getattr(self.instance, name))
            said = gettext("Empty: %(account)s.") % {"account": account}
            if account is None:
                said = gettext("The company has no account %(number)s, which is usual: choose one.") % {
                    "number": number
                }
            self.fields[name].help_text = f"{chosen.name}. {said}" if chosen else said

    def _accounts(self, numbers: list[str]) -> dict[str, Account]:
        found = Account.objects.filter(company=self.instance.company_id, number__in=numbers, active=True)
        return {account.number: account for account in found}

    def clean(self) -> dict[str, Any]:
        """Refuse an account that the company hasn't, or doesn't use any more."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        given = {name: values[name] for name in ACCOUNTS if values.get(name)}
        known = self._accounts(list(given.values())) if given else {}
        for name, number in given.items():
            if number not in known:
                text = gettext("The company has no active account %(number)s.") % {"number": number}
                self.add_error(name, forms.ValidationError(text, code="does_not_exist"))
        return values


class NewPortalForm(forms.ModelForm[Portal]):
    """For which company it is switched on."""

    class Meta:
        model = Portal
        fields = ("company",)
        error_messages: ClassVar = {
            "company": {"unique": _("The company has an e-mail portal already: look for it in the list.")}
        }

    asker: Any

    def is_rightful(self) -> bool:
        """Switching it on is changing it: nobody has a right to make one."""
        return scope.may_of_new(self.asker, CHANGE, [self.instance.company_id])
