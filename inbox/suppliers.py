"""Whose invoice it is: by the numbers that it states, by what was learnt of them, and by the accounts it is paid to.

A supplier is chosen only where all that the invoice states leads to one, whose organisation number is the invoice's
where it states one. New ones are proposed, never made here.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import CharField, F, Func, Q, QuerySet, Value
from django.db.models.functions import Upper

from inbox import rules
from inbox.formats import Finding, Invoice
from inbox.formats.findings import Severity
from inbox.formats.invoice import Party
from inbox.formats.numbers import compact, digits, normal_organisation_number, normal_vat
from inbox.found import Found
from inbox.models import IncomingInvoice, SupplierIdentity
from inbox.rules import finding
from ledger.importing.messages import Message
from ledger.importing.messages import message as _
from ledger.models import Company, Supplier

ORGANISATION_NUMBER, VAT, ENDPOINT, GLN = "organisation_number", "vat", "endpoint", "gln"
BANKGIRO, PLUSGIRO, IBAN, EMAIL = "bankgiro", "plusgiro", "iban", "email"

# Best first: an account may be of somebody who collects for many.
ACCOUNTS = (BANKGIRO, PLUSGIRO, IBAN)
SCHEMES = (ORGANISATION_NUMBER, VAT, ENDPOINT, GLN, *ACCOUNTS)
LEARNT = (VAT, ENDPOINT, GLN, EMAIL)

# ISO 6523: whose endpoints and identifiers are organisation numbers
SWEDISH, NORWEGIAN = "0007", "0192"
SWEDISH_VAT = re.compile(r"SE([0-9]{10})01")
NORWEGIAN_VAT = re.compile(r"(?:NO)?([0-9]{9})MVA")
NORWEGIAN_IBAN = re.compile(r"NO[0-9]{13}")
NORWEGIAN_ACCOUNT = re.compile(r"[0-9]{11}")
SHORTEST = 5

Stated = dict[str, set[str]]


@dataclass(frozen=True)
class Match:
    """Whose invoice it is, by what it was found; `suppliers` are all that something leads to."""

    supplier: Supplier | None = None
    found_by: str = ""
    suppliers: tuple[Supplier, ...] = ()
    findings: tuple[Finding, ...] = ()


def find(*, company: Company, invoice: Invoice, known: Found | None = None) -> Match:
    """Find the supplier in the company's register."""
    stated = stated_by(invoice)
    found = _found_once(company, stated, known) if known else _found(company, stated)
    match = _chosen(stated, {scheme: suppliers for scheme in SCHEMES if (suppliers := found.get(scheme))}, invoice)
    if match.supplier is not None:
        return match
    accounts = [payment.account for payment in invoice.payments]
    differing = suggested_account_findings(suppliers=match.suppliers, accounts=accounts)
    return replace(match, findings=(*match.findings, *differing))


def stated_by(invoice: Invoice) -> Stated:
    """What an invoice says of who sends it and where it is to be paid, by scheme, as it is compared."""
    stated = stated_by_party(invoice.seller)
    for payment in invoice.payments:
        if scheme := _account_scheme(payment.account_kind):
            stated[scheme] |= set(_forms(payment.account))
    return stated


def stated_by_party(party: Party) -> Stated:
    """The same of a seller's own numbers alone."""
    stated: Stated = defaultdict(set)
    stated[ORGANISATION_NUMBER] = {number for number in _organisation_numbers(party) if len(number) >= SHORTEST}
    if vat := normal_vat(party.vat_number):
        stated[VAT].add(vat)
    if party.endpoint:
        stated[ENDPOINT].add(f"{party.endpoint_scheme}:{compact(party.endpoint)}")
    if party.gln:
        stated[GLN].add(digits(party.gln))
    return stated


def account_findings(*, supplier: Supplier, invoice: Invoice) -> tuple[Finding, ...]:
    """What is to be said of the accounts that an invoice of the supplier is to be paid to."""
    stated = [(place, payment.account) for place, payment in enumerate(invoice.payments) if plain(payment.account)]
    registered = [account for account in (supplier.bankgiro, supplier.plusgiro, supplier.iban) if account]
    known = {form for account in registered for form in _forms(account)}
    news = [(place, account) for place, account in stated if known.isdisjoint(_forms(account))]
    if not news:
        return ()
    place, first = news[0]
    new, old = ", ".join(dict.fromkeys(account for _place, account in news)), ", ".join(registered)
    path = f"payments.{place}.account"
    if not known:
        text = _("The register has no bank account of %(supplier)s. The invoice is to be paid to %(new)s.")
        return (_of_account("note", rules.BANK_ACCOUNT_NEW, path, text % {"supplier": supplier, "new": new}, first),)
    values = {"supplier": supplier, "old": old, "new": new}
    if len(news) < len(stated):
        text = _(
            "The invoice also names the account %(new)s, which the register hasn't for %(supplier)s (it has %(old)s)."
        )
        return (_of_account("warning", rules.BANK_ACCOUNT_ADDED, path, text % values, first),)
    return (_of_account("error", rules.BANK_ACCOUNT_CHANGED, path, _differing(new, {supplier: old}), first),)


def suggested_account_findings(
    *, suppliers: Sequence[Supplier], accounts: Iterable[str], severity: Severity = "error"
) -> tuple[Finding, ...]:
    """That an invoice is to be paid to an account of none of the suppliers that it may be of, who all have another."""
    stated = [account for account in accounts if plain(account)]
    forms = {form for account in stated for form in _forms(account)}
    registered = {
        supplier: [account for account in (supplier.bankgiro, supplier.plusgiro, supplier.iban) if account]
        for supplier in suppliers
    }
    if not forms or not registered or not all(registered.values()):
        return ()
    if any(not forms.isdisjoint(_forms(account)) for known in registered.values() for account in known):
        return ()
    told = ", ".join(supplier.name for supplier in registered)
    text = _differing(", ".join(dict.fromkeys(stated)), {one: ", ".join(known) for one, known in registered.items()})
    return (_of_account(severity, rules.BANK_ACCOUNT_DIFFERS, "payments.0.account", text, told),)


def learn(*, incoming: IncomingInvoice, supplier: Supplier) -> None:
    """Remember what the invoice's sender goes by, now that a person has said who it is; the latest word counts."""
    stated: Mapping[str, Iterable[str]] = {}
    if incoming.content is not None:
        stated = stated_by_party(Invoice.from_json(incoming.content).seller)
    elif address := _address_of(incoming):
        stated = {EMAIL: [address]}
    for scheme in LEARNT:
        for value in stated.get(scheme, ()):
            SupplierIdentity.objects.update_or_create(
                company_id=incoming.company_id, scheme=scheme, value=value[:128], defaults={"supplier": supplier}
            )


def suggest(*, incoming: IncomingInvoice) -> list[Supplier]:
    """Suppliers that an invoice without data may be of, likeliest first: for a person to choose from."""
    stated: Stated = defaultdict(set)
    for proposal in incoming.proposals:
        match proposal["field"]:
            case "organisation_number":
                stated[ORGANISATION_NUMBER].add(normal_organisation_number(proposal["value"]))
            case "vat_number":
                stated[VAT].add(normal_vat(proposal["value"]))
                stated[ORGANISATION_NUMBER] |= set(_of_vat(proposal["value"]))
            case "bankgiro" | "plusgiro" | "iban" as scheme:
                stated[scheme] |= set(_forms(proposal["value"]))
    if address := _address_of(incoming):
        stated[EMAIL].add(address)
    found = _found(incoming.company, stated)
    in_order = (supplier for scheme in (*SCHEMES, EMAIL) for supplier in found.get(scheme, ()) if supplier.active)
    return list(dict.fromkeys(in_order))


def propose(content: Invoice | None, proposals: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """What the register could say of a new supplier, by the fields of `Supplier`; a person decides."""
    if content is None:
        return _proposed_by_text(proposals)
    seller, address = content.seller, content.seller.address
    stated = stated_by(content)
    values: dict[str, Any] = {
        "name": seller.display_name,
        "organisation_number": seller.organisation_number or next(iter(stated[ORGANISATION_NUMBER]), ""),
        "email": seller.email,
        "phone": seller.phone,
        "address": ", ".join(address.lines),
        "postal_code": address.postal_code,
        "city": address.city,
        "country": address.country,
        "currency": content.currency,
        **{scheme: _account(content, scheme) for scheme in ACCOUNTS},
        "bic": next((payment.bic for payment in content.payments if payment.bic), ""),
    }
    if content.issue_date and content.due_date and content.due_date >= content.issue_date:
        values["payment_terms_days"] = (content.due_date - content.issue_date).days
    return _fitting(values)


# Choosing


def _chosen(stated: Stated, found: Mapping[str, list[Supplier]], invoice: Invoice) -> Match:
    every = tuple(dict.fromkeys(supplier for suppliers in found.values() for supplier in suppliers))
    active = {scheme: [one for one in suppliers if one.active] for scheme, suppliers in found.items()}
    telling = {scheme: set(suppliers) for scheme, suppliers in active.items() if suppliers}
    if not telling:
        return Match(suppliers=every, findings=(_not_active(every) if every else _unknown(invoice),))
    common = set.intersection(*telling.values())
    if len(common) != 1:
        (*_others, last) = every
        return Match(suppliers=every, findings=(_ambiguous([one for one in every if one.active] or [last]),))
    (supplier,) = common
    numbers = _declared(invoice.seller) or stated[ORGANISATION_NUMBER]
    if _is_another(supplier, numbers, telling):
        return Match(suppliers=every, findings=(_differs(supplier, numbers, telling),))
    return Match(supplier, next(scheme for scheme in SCHEMES if scheme in telling), every)


def _declared(party: Party) -> set[str]:
    """The organisation numbers that a seller says are theirs, beside what addresses seem to say."""
    own = (normal_organisation_number(party.organisation_number), *_of_vat(party.vat_number))
    return {number for number in own if len(number) >= SHORTEST}


def _is_another(supplier: Supplier, numbers: set[str], found: Mapping[str, Any]) -> bool:
    """Whether nothing but an account or address leads to a supplier whose organisation number isn't the invoice's."""
    theirs = normal_organisation_number(plain(supplier.organisation_number))
    return bool(theirs and numbers) and theirs not in numbers and VAT not in found


def _unknown(invoice: Invoice) -> Finding:
    name = invoice.seller.display_name
    text = _("The supplier %(name)s isn't in the register, or not by these numbers.") % {"name": name}
    return finding("note", rules.SUPPLIER_UNKNOWN, "seller", text, value=name)


def _not_active(suppliers: Iterable[Supplier]) -> Finding:
    told = _named(suppliers)
    text = _("The supplier is inactive in the register: %(suppliers)s.") % {"suppliers": told}
    return finding("error", rules.SUPPLIER_INACTIVE, "seller", text, value=told)


def _ambiguous(suppliers: Iterable[Supplier]) -> Finding:
    told = _named(suppliers)
    text = _("The invoice's numbers lead to different suppliers: %(suppliers)s. Choose the right one.")
    return finding("error", rules.SUPPLIER_AMBIGUOUS, "seller", text % {"suppliers": told}, value=told)


def _differs(supplier: Supplier, numbers: set[str], found: Mapping[str, Any]) -> Finding:
    stated = ", ".join(sorted(numbers))
    values = {"supplier": supplier, "theirs": supplier.organisation_number, "stated": stated}
    severity: Severity = "error"
    text = _(
        "The account is that of %(supplier)s, who has another organisation number (%(theirs)s) than the invoice "
        "(%(stated)s)."
    )
    if not found.keys() <= set(ACCOUNTS):
        severity = "warning"
        text = _(
            "The Peppol address or location number is that of %(supplier)s, who has another organisation number "
            "(%(theirs)s) than the invoice (%(stated)s). Choose the right supplier."
        )
    return finding(severity, rules.SUPPLIER_DIFFERS, "seller.organisation_number", text % values, value=stated)


def _named(suppliers: Iterable[Supplier]) -> str:
    return "; ".join(str(supplier) for supplier in suppliers)


# Looking up


def _found_once(company: Company, stated: Stated, known: Found) -> Mapping[str, list[Supplier]]:
    """The same, of what other invoices of the message stated as well."""
    key = frozenset((scheme, frozenset(values)) for scheme, values in stated.items() if values)
    if key not in known.suppliers:
        known.suppliers[key] = _found(company, stated)
    return known.suppliers[key]


def _found(company: Company, stated: Stated) -> dict[str, list[Supplier]]:
    """The suppliers that each scheme leads to."""
    found: dict[str, list[Supplier]] = defaultdict(list)
    for supplier in _registered(company, stated):
        for scheme, values in _numbers_of(supplier).items():
            if values & stated.get(scheme, set()):
                found[scheme].append(supplier)
    asked = Q(pk=None)
    for scheme in LEARNT:
        if stated.get(scheme):
            asked |= Q(scheme=scheme, value__in=stated[scheme])
    for identity in SupplierIdentity.objects.filter(asked, company=company).select_related("supplier"):
        if identity.supplier not in found[identity.scheme]:
            found[identity.scheme].append(identity.supplier)
    return found


def _registered(company: Company, stated: Stated) -> QuerySet[Supplier]:
    """Suppliers that have one of the numbers, in whatever form somebody has written it."""
    organisations = {form for number in stated.get(ORGANISATION_NUMBER, ()) for form in _written(number)}
    plains = {f"plain_{name}": _plain(name) for name in (ORGANISATION_NUMBER, *ACCOUNTS)}
    asked = Q(plain_organisation_number__in=organisations)
    for scheme in ACCOUNTS:
        asked |= Q(**{f"plain_{scheme}__in": stated.get(scheme, set())})
    for account in stated.get(IBAN, ()):
        if NORWEGIAN_ACCOUNT.fullmatch(account):
            asked |= Q(plain_iban__regex=f"^NO[0-9]{{2}}{account}$")
    return Supplier.objects.filter(company=company).alias(**plains).filter(asked).order_by("number")


def _plain(field: str) -> Upper:
    """A number without what people write between its digits and letters."""
    arguments = (F(field), Value("[^0-9A-Za-z]"), Value(""), Value("g"))
    return Upper(Func(*arguments, function="regexp_replace", output_field=CharField()))


def _numbers_of(supplier: Supplier) -> Stated:
    return {
        ORGANISATION_NUMBER: {normal_organisation_number(plain(supplier.organisation_number))} - {""},
        **{scheme: set(_forms(getattr(supplier, scheme))) for scheme in ACCOUNTS},
    }


def plain(number: str) -> str:
    """A number without what people write between its digits and letters; as `_plain` says it to the database."""
    return re.sub("[^0-9A-Za-z]", "", number).upper()


def _forms(account: str) -> Iterator[str]:
    """An account as it is compared, and the Norwegian one that an IBAN holds."""
    if compared := plain(account):
        yield compared
        if NORWEGIAN_IBAN.fullmatch(compared):
            yield compared[4:]


def _written(number: str) -> tuple[str, ...]:
    return (number, f"16{number}", f"SE{number}01", f"NO{number}", f"NO{number}MVA", f"{number}MVA")


def _organisation_numbers(party: Party) -> Iterator[str]:
    yield normal_organisation_number(party.organisation_number)
    yield from _of_vat(party.vat_number)
    for identifier in party.identifiers:
        if identifier.scheme in {SWEDISH, NORWEGIAN}:
            yield normal_organisation_number(identifier.value)
    if party.endpoint_scheme in {SWEDISH, NORWEGIAN}:
        yield normal_organisation_number(party.endpoint)


def _of_vat(number: str) -> Iterator[str]:
    plain = normal_vat(number)
    if found := SWEDISH_VAT.fullmatch(plain) or NORWEGIAN_VAT.fullmatch(plain):
        yield found[1]


def _account_scheme(kind: str) -> str:
    """The field of the register that holds such an account; Norwegian ones stand among the IBANs."""
    return {BANKGIRO: BANKGIRO, PLUSGIRO: PLUSGIRO, IBAN: IBAN, "norwegian": IBAN}.get(kind, "")


def _of_account(severity: Any, rule: str, path: str, text: Message, value: str) -> Finding:
    return finding(severity, rule, path, text, value=value)


def _differing(new: str, known: Mapping[Supplier, str]) -> Message:
    """That an account isn't a supplier's, or none of those of several."""
    if len(known) == 1:
        ((supplier, old),) = known.items()
        text = _(
            "The invoice is to be paid to %(new)s, but the register has %(old)s for %(supplier)s. Ask the supplier, by "
            "a number that you know, before you pay."
        )
        return text % {"new": new, "old": old, "supplier": supplier}
    text = _(
        "The invoice is to be paid to %(new)s. Whichever of these suppliers it is of, the register has another "
        "account: %(known)s. Ask the supplier, by a number that you know, before you pay."
    )
    return text % {"new": new, "known": "; ".join(f"{supplier}: {accounts}" for supplier, accounts in known.items())}


# Proposing


def _account(content: Invoice, scheme: str) -> str:
    found = (payment.account for payment in content.payments if _account_scheme(payment.account_kind) == scheme)
    return next(found, "")


def _proposed_by_text(proposals: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    fields = (ORGANISATION_NUMBER, *ACCOUNTS, "currency")
    first = {proposal["field"]: proposal["value"] for proposal in reversed(list(proposals))}
    return _fitting({name: first[name] for name in fields if name in first})


def _fitting(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are stated, no longer than the register takes them."""
    fields = {field.name: field.max_length for field in Supplier._meta.concrete_fields}
    cut = {name: value[: fields[name]] if isinstance(value, str) else value for name, value in values.items()}
    return {name: value for name, value in cut.items() if value not in {"", None}}


def _address_of(incoming: IncomingInvoice) -> str:
    """The e-mail address that an invoice came from."""
    found = re.search(r"[^\s<>\"]+@[^\s<>\"]+", incoming.mail.sender or incoming.mail.envelope_sender)
    return found[0].lower() if found else ""
