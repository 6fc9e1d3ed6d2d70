"""Which type an account is of: by its grouping category, its standard account, else by its number.

Source: the tax administration's code list of grouping categories, and the classes of the Norwegian standard chart.
"""

from ledger.models import Account

ASSET, LIABILITY = Account.Type.ASSET, Account.Type.LIABILITY
INCOME, EXPENSE = Account.Type.INCOME, Account.Type.EXPENSE

# None: what is shared out of the result or may have either sign
CATEGORIES: dict[str, Account.Type | None] = {
    **dict.fromkeys(
        (
            "balanseverdiForAnleggsmiddel",
            "balanseverdiForOmloepsmiddel",
            "balanseverdiForBankOgForsikringseiendel",
        ),
        ASSET,
    ),
    **dict.fromkeys(("egenkapital", "langsiktigGjeld", "kortsiktigGjeld", "gjeldInnenBankOgForsikring"), LIABILITY),
    **dict.fromkeys(("salgsinntekt", "annenDriftsinntekt", "finansinntekt", "bankOgForsikringsinntekt"), INCOME),
    **dict.fromkeys(
        (
            "varekostnad",
            "loennskostnad",
            "annenDriftskostnad",
            "finanskostnad",
            "bankOgForsikringskostnad",
            "skattekostnad",
        ),
        EXPENSE,
    ),
    **dict.fromkeys(
        (
            "resultatkomponentForIFRSForetak",
            "resultatDisponeringForSAF-T",
            "endringIEgenkapitalInnenBankOgForsikring",
            "bankOgForsikringsinntektEllerKostnadSomIkkeBlirOmklassifisertTilResultatet",
            "bankOgForsikringsinntektEllerKostnadSomKanBliOmklassifisertTilResultatet",
        ),
    ),
}
CLASSES: dict[str, Account.Type] = {
    "1": ASSET,
    "2": LIABILITY,
    "3": INCOME,
    **dict.fromkeys("4567", EXPENSE),
    "80": INCOME,
    "81": EXPENSE,
    "83": EXPENSE,
    "84": INCOME,
    "85": EXPENSE,
    "86": EXPENSE,
}


def type_of_class(number: str) -> Account.Type | None:
    """The type that an account's number says, by the first one or two digits of the standard chart."""
    return CLASSES.get(number[:2]) or CLASSES.get(number[:1]) if number[:2].isdecimal() else None


def stated_type(*, category: str, code: str, standard: str) -> Account.Type | None:
    """The type that the file states; None where it states none."""
    if category in CATEGORIES:
        return CATEGORIES[category]
    return type_of_class(standard or code)
