"""Analysis types, which are codes, as dimensions, which are numbers.

What the file calls a cost centre or department is our cost centre, what it calls a project our project: of each the
first that the file names. Every other type gets a number of its own, from 20 on as SIE leaves them free, and keeps it:
the company's further dimensions know their type. Customers and suppliers of rows are dimensions 8 and 9, as in SIE.
"""

from collections.abc import Sequence
from functools import lru_cache

from ledger.importing.chart import Chart
from ledger.importing.records import Dimension, ObjectName, Objects
from ledger.importing.staging import COST_CENTRE, PROJECT
from ledger.models import Company, OtherDimension
from ledger.saft.records import Analysis

CUSTOMER, SUPPLIER = 8, 9
FIRST_FREE = 20
COST_CENTRES = {"avdeling", "avd", "kostnadssted", "kostnadsted", "koststed", "ansvar", "resultatenhet"}
COST_CENTRES |= {"avdelinger", "department", "departments", "cost centre", "cost center", "kostnadsställe"}
PROJECTS = {"prosjekt", "prosjekter", "project", "projects", "projekt"}


class Analyses:
    """Gives each analysis type of a file its dimension in the company."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self._numbers: dict[str, int] = {}
        self._taken = {CUSTOMER, SUPPLIER}
        # Rows repeat the same combinations.
        self.objects = lru_cache(maxsize=8192)(self._objects)

    def of_company(self, company: Company) -> None:
        """Take over what the company's further dimensions are."""
        for number, analysis_type in OtherDimension.objects.filter(company=company).values_list(
            "number", "analysis_type"
        ):
            self._taken.add(number)
            if analysis_type:
                self._numbers[analysis_type] = number

    def declare(self, analysis: Analysis) -> None:
        """Take an object of the analysis table."""
        number = self._number(analysis.type, analysis.type_name)
        if number not in (COST_CENTRE, PROJECT):
            name = analysis.type_name or analysis.type
            self._chart.add(Dimension(analysis.line, number, name, None))
        self._chart.add(
            ObjectName(
                analysis.line,
                number,
                analysis.code,
                analysis.name,
                analysis.active,
                analysis.valid_from,
                analysis.valid_to,
            )
        )

    def name_partners(self) -> None:
        """Name the dimensions of customers and suppliers."""
        self._chart.dimensions.setdefault(CUSTOMER, Dimension(1, CUSTOMER, "Kunde", None))
        self._chart.dimensions.setdefault(SUPPLIER, Dimension(1, SUPPLIER, "Leverandør", None))

    def _objects(self, analyses: Sequence[tuple[str, str]], customer: str, supplier: str) -> Objects:
        pairs = [(self._number(name, ""), code) for name, code in analyses]
        if customer:
            pairs.append((CUSTOMER, customer))
        if supplier:
            pairs.append((SUPPLIER, supplier))
        return tuple(pairs)

    def _number(self, analysis_type: str, description: str) -> int:
        number = self._numbers.get(analysis_type)
        if number is None:
            number = self._numbers[analysis_type] = self._choose(analysis_type, description or analysis_type)
            self._taken.add(number)
            if number not in (COST_CENTRE, PROJECT):
                self._chart.analysis_types[number] = analysis_type
                self._chart.dimensions.setdefault(number, Dimension(1, number, description or analysis_type, None))
        return number

    def _choose(self, analysis_type: str, description: str) -> int:
        said = {analysis_type.casefold(), description.casefold()}
        for number, names in ((COST_CENTRE, COST_CENTRES), (PROJECT, PROJECTS)):
            if said & names and number not in self._taken:
                return number
        return next(
            number for number in range(FIRST_FREE, FIRST_FREE + len(self._taken) + 1) if number not in self._taken
        )
