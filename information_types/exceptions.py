"""What can go wrong with information types."""


class InformationTypeError(Exception):
    """An information type is unknown or wrongly defined."""

    code = "invalid"


class UnknownInformationType(InformationTypeError):
    """No type of that name is registered."""

    def __init__(self, name: str, *, known: list[str]) -> None:
        super().__init__(f"There is no information type {name}. Known: {', '.join(known)}.")
        self.name = name
