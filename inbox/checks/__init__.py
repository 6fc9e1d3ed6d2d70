"""What is checked of an invoice, whatever its format: nothing is refused here, everything is told.

Rules keep the names that the standards give them: BR-… of EN 16931, PEPPOL-…, SE-R-… and NO-R-… of Peppol BIS
Billing 3. Ours begin with UTK. Amounts that don't add up are errors; national rules and check digits are warnings.
"""

from inbox.checks.checking import check

__all__ = ["check"]
