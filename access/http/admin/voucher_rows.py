"""The rows of a voucher on a page: what is typed, turned into what the posting service takes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin import site
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Model, Q
from django.utils.translation import gettext_lazy as _
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminTextInputWidget

from access import scope
from access.http.admin.amounts import AmountField
from ledger.exceptions import Unbalanced
from ledger.models import Account, DimensionValue, LedgerEntry
from ledger.services.vouchers import DIMENSIONS, Entry

REFERENCES = ("account", *DIMENSIONS)


class KnownSelect(AutocompleteSelect):
    """Shows the chosen row from those that the page has loaded, without a query of its own."""

    def optgroups(self, name: str, value: Sequence[str], attr: Mapping[str, Any] | None = None) -> Any:
        """One option, the chosen one, and an empty one."""
        known: Mapping[int, Model] = self.choices.field.known
        chosen = [known[int(key)] for key in value if key and key.isdecimal() and int(key) in known]
        options = [self.create_option(name, "", "", False, 0)]
        options += [self.create_option(name, row.pk, str(row), True, 1) for row in chosen]
        return [(None, options, 0)]


class KnownChoiceField(forms.ModelChoiceField[Model]):
    """A choice among rows that the formset has loaded for all its forms at once."""

    known: Mapping[int, Model]

    def __init__(self, name: str, *, required: bool) -> None:
        column: Any = LedgerEntry._meta.get_field(name)
        model = DimensionValue if name in DIMENSIONS else Account
        widget = KnownSelect(column, site, attrs={"data-width": "100%"})
        label = column.verbose_name
        super().__init__(queryset=model._default_manager.none(), required=required, widget=widget, label=label)
        self.known = {}

    def to_python(self, value: Any) -> Model | None:
        """The row of that key, if it is one of those that were asked for and are there."""
        if value in self.empty_values:
            return None
        found = self.known.get(int(value)) if str(value).isdecimal() else None
        if found is None:
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return found

    def validate(self, value: Any) -> None:
        """Only that there is one, where there must be."""
        forms.Field.validate(self, value)


class RowForm(forms.ModelForm[LedgerEntry]):
    """A row as accountants write it: an account, and an amount in debit or in credit."""

    account = KnownChoiceField("account", required=True)
    debit = AmountField(label=_("debit"), required=False)
    credit = AmountField(label=_("credit"), required=False)
    cost_centre = KnownChoiceField("cost_centre", required=False)
    project = KnownChoiceField("project", required=False)
    object = KnownChoiceField("object", required=False)
    management_area = KnownChoiceField("management_area", required=False)
    quantity = AmountField(label=_("quantity"), required=False, decimals=4)

    class Meta:
        model = LedgerEntry
        fields = ("account", "text", "cost_centre", "project", "object", "management_area", "quantity")
        widgets = {"text": UnfoldAdminTextInputWidget}

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        amount: Decimal | None = self.instance.amount if self.instance.pk else None
        if amount is not None:
            self.initial["debit" if amount >= 0 else "credit"] = abs(amount)
        for name in ("debit", "credit", "account"):
            self.fields[name].widget.attrs["aria-label"] = self.fields[name].label

    def _post_clean(self) -> None:
        """Nothing: the service makes the row and asks the database, once for all rows."""

    def clean(self) -> dict[str, Any]:
        """Debit or credit, not both and not neither."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        debit, credit = values.get("debit"), values.get("credit")
        if debit and credit:
            self.add_error("credit", _("Write the amount in debit or in credit, not in both."))
        elif debit is None and credit is None and not {"debit", "credit"} & self.errors.keys():
            self.add_error("debit", _("An amount is missing."))
        return values

    def entry(self, voucher_of: LedgerEntry) -> Entry:
        """The row as the service takes it; what the page doesn't show stays as it was."""
        values = self.cleaned_data
        return Entry(
            row=voucher_of.row if voucher_of.pk else None,
            account=values["account"],
            amount=(values["debit"] or Decimal(0)) - (values["credit"] or Decimal(0)),
            text=values["text"],
            quantity=values["quantity"],
            entry_date=voucher_of.entry_date,
            other_dimensions=voucher_of.other_dimensions,
            signature=voucher_of.signature,
            **{name: values[name] for name in DIMENSIONS},
        )


class RowFormSet(PaginationInlineFormSet):
    """The rows of one voucher: they balance, and all they refer to is of the voucher's company."""

    asker: Any

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.new_objects: list[Model] = []
        self.changed_objects: list[tuple[Model, list[str]]] = []
        self.deleted_objects: list[Model] = []
        self._known = {name: self._load(name) for name in ("account", "dimension")}

    def add_fields(self, form: forms.ModelForm[Any], index: int | None) -> None:
        """Lend each form the rows that all of them refer to."""
        super().add_fields(form, index)
        for name in REFERENCES:
            field: Any = form.fields[name]
            field.known = self._known["dimension" if name in DIMENSIONS else "account"]

    def clean(self) -> None:
        """Check what concerns the voucher as a whole."""
        if self._stored_keys() != self._posted_keys():
            # What this page doesn't know would be deleted as left out.
            raise forms.ValidationError(
                _("Somebody else has added or deleted rows of this voucher meanwhile. Open it again."), code="stale"
            )
        super().clean()
        forms_left = list(self.kept())
        company = self.instance.company_id
        for form in forms_left:
            self._check_company(form, company)
        if any(self.errors) or any(form.errors for form in forms_left):
            return
        if not forms_left:
            raise forms.ValidationError(_("A voucher needs rows."), code="required")
        if sum(form.entry(form.instance).amount for form in forms_left):
            raise forms.ValidationError(Unbalanced.message, code=Unbalanced.code)

    def _construct_form(self, i: int, **options: Any) -> Any:
        """Show a row that is gone as a new one; `clean` tells that it is."""
        if self.is_bound and i < self.initial_form_count():
            key = self.data.get(f"{self.prefix}-{i}-id", "")
            if not key.isdecimal() or int(key) not in self._stored_keys():
                options["instance"] = LedgerEntry(voucher=self.instance)
        return super()._construct_form(i, **options)

    def _stored_keys(self) -> set[int]:
        return {row.pk for row in self.get_queryset()} if self.instance.pk else set()

    def _posted_keys(self) -> set[int]:
        given = (self.data.get(f"{self.prefix}-{place}-id", "") for place in range(self.initial_form_count()))
        return {int(key) if key.isdecimal() else 0 for key in given}

    def kept(self) -> Iterator[RowForm]:
        """The forms whose rows are to be there afterwards."""
        for form in self.forms:
            if form not in self.deleted_forms and (form.instance.pk or form.has_changed()):
                yield form

    def entries(self) -> list[Entry]:
        """The rows as the service takes them."""
        return [form.entry(form.instance) for form in self.kept()]

    def _check_company(self, form: RowForm, company: int | None) -> None:
        for name in REFERENCES:
            chosen: Any = getattr(form, "cleaned_data", {}).get(name)
            if chosen is None:
                continue
            if company is not None and chosen.company_id != company:
                form.add_error(name, _("It is of another company."))
            elif name in DIMENSIONS and chosen.dimension != DIMENSIONS[name]:
                form.add_error(name, _("It is of another dimension."))

    def _load(self, kind: str) -> dict[int, Any]:
        names = DIMENSIONS if kind == "dimension" else ("account",)
        model: type[Model] = DimensionValue if kind == "dimension" else Account
        stored, posted = set(self._stored(names)), set(self._posted(names))
        if not stored | posted:
            return {}
        rows = model._default_manager.all()
        if foreign := posted - stored:
            rows = rows.filter(Q(pk__in=stored) | Q(pk__in=scope.visible(rows.filter(pk__in=foreign), self.asker)))
        return rows.in_bulk(stored | posted)

    def _posted(self, names: Iterable[str]) -> Iterator[int]:
        ends = tuple(f"-{name}" for name in names)
        for key, value in (self.data or {}).items():
            if key.startswith(f"{self.prefix}-") and key.endswith(ends) and str(value).isdecimal():
                yield int(value)

    def _stored(self, names: Iterable[str]) -> Iterator[int]:
        rows = self.get_queryset() if self.instance.pk else ()
        for row in rows:
            yield from (getattr(row, f"{name}_id") for name in names if getattr(row, f"{name}_id") is not None)
