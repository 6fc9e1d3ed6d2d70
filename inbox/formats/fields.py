"""What the European standard (EN 16931) calls the fields of an `Invoice`."""

import re

_INDEX = re.compile(r"\.\d+")

_DOCUMENT = {
    "number": 1,
    "issue_date": 2,
    "type_code": 3,
    "currency": 5,
    "tax_currency": 6,
    "tax_point_date": 7,
    "due_date": 9,
    "buyer_reference": 10,
    "project_reference": 11,
    "contract_reference": 12,
    "order_reference": 13,
    "sales_order_reference": 14,
    "accounting_cost": 19,
    "payment_terms": 20,
    "notes": 22,
    "specification": 24,
    "preceding.number": 25,
    "preceding.issue_date": 26,
    "delivery_date": 72,
    "period_start": 73,
    "period_end": 74,
}
_SELLER = {
    "name": 27,
    "trading_name": 28,
    "identifiers": 29,
    "organisation_number": 30,
    "vat_number": 31,
    "tax_registration": 32,
    "legal_form": 33,
    "endpoint": 34,
    "address.lines": 35,
    "address.city": 37,
    "address.postal_code": 38,
    "address.subdivision": 39,
    "address.country": 40,
    "contact": 41,
    "phone": 42,
    "email": 43,
}
_BUYER = {
    "name": 44,
    "trading_name": 45,
    "identifiers": 46,
    "organisation_number": 47,
    "vat_number": 48,
    "endpoint": 49,
    "address.lines": 50,
    "address.city": 52,
    "address.postal_code": 53,
    "address.subdivision": 54,
    "address.country": 55,
    "contact": 56,
    "phone": 57,
    "email": 58,
}
_OTHERS = {
    "payee.name": 59,
    "payee.identifiers": 60,
    "payee.organisation_number": 61,
    "tax_representative.name": 62,
    "tax_representative.vat_number": 63,
    "tax_representative.address.country": 69,
    "delivery.lines": 75,
    "delivery.city": 77,
    "delivery.postal_code": 78,
    "delivery.subdivision": 79,
    "delivery.country": 80,
    "payments.means_code": 81,
    "payments.means_text": 82,
    "payments.reference": 83,
    "payments.account": 84,
    "payments.account_name": 85,
    "payments.branch": 86,
    "payments.bic": 86,
    "payments.mandate": 89,
    "payments.payer_account": 91,
    "totals.lines": 106,
    "totals.allowances": 107,
    "totals.charges": 108,
    "totals.without_vat": 109,
    "totals.vat": 110,
    "totals.vat_in_tax_currency": 111,
    "totals.with_vat": 112,
    "totals.prepaid": 113,
    "totals.rounding": 114,
    "totals.payable": 115,
    "vat.taxable": 116,
    "vat.tax": 117,
    "vat.category": 118,
    "vat.rate": 119,
    "vat.exemption_reason": 120,
    "vat.exemption_code": 121,
    "attachments.id": 122,
    "attachments.description": 123,
    "attachments.uri": 124,
    "attachments.content": 125,
    "lines.id": 126,
    "lines.note": 127,
    "lines.quantity": 129,
    "lines.unit": 130,
    "lines.amount": 131,
    "lines.order_line": 132,
    "lines.accounting_cost": 133,
    "lines.period_start": 134,
    "lines.period_end": 135,
    "lines.price": 146,
    "lines.price_discount": 147,
    "lines.gross_price": 148,
    "lines.base_quantity": 149,
    "lines.base_unit": 150,
    "lines.vat_category": 151,
    "lines.vat_rate": 152,
    "lines.name": 153,
    "lines.description": 154,
    "lines.seller_item": 155,
    "lines.buyer_item": 156,
    "lines.standard_item": 157,
}
# An allowance's fields; a charge's stand at the same places in a row of their own.
_GROUPS = {"allowances": "BG-20/BG-21", "lines.allowances": "BG-27/BG-28", "lines": "BG-25", "vat": "BG-23"}
_GROUPS |= {"payments": "BG-16", "preceding": "BG-3", "lines.properties": "BG-32", "attachments": "BG-24"}

FIELDS = (
    {path: f"BT-{number}" for path, number in (_DOCUMENT | _OTHERS).items()}
    | {f"seller.{path}": f"BT-{number}" for path, number in _SELLER.items()}
    | {f"buyer.{path}": f"BT-{number}" for path, number in _BUYER.items()}
    | _GROUPS
)


def field_of(path: str) -> str:
    """The standard's name of a place in the `Invoice`: "BT-131" for "lines.0.amount"; its group's if it has none."""
    plain = _INDEX.sub("", path)
    while plain and plain not in FIELDS:
        plain = plain.rpartition(".")[0]
    return FIELDS.get(plain, "")
