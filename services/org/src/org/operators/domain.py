"""What an operator says of a new tenant."""

from decimal import Decimal
from typing import NamedTuple

from contracts.org.events import Quotas
from org.tenants.domain import TaxRounding


class Admin(NamedTuple):
    """Who signs in first; the password is not stored."""

    name: str
    username: str
    password: str


class NewSettings(NamedTuple):
    """A new tenant's own."""

    name: str
    timezone: str
    currency: str
    languages: tuple[str, ...]
    default_tax_rate: Decimal
    country: str
    tax_rounding: TaxRounding
    quotas: Quotas
