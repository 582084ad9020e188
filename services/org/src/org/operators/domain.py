"""The settings and the first administrator of a new tenant."""

from decimal import Decimal
from typing import NamedTuple

from contracts.org.events import Quotas
from kernel.taxes import TaxRounding


class FirstAdministrator(NamedTuple):
    """A new person of a tenant, with all scopes; the password is stored only as a hash."""

    name: str
    username: str
    password: str


class NewTenantSettings(NamedTuple):
    """The settings of a new tenant."""

    name: str
    timezone: str
    currency: str
    languages: tuple[str, ...]
    default_tax_rate: Decimal
    country: str
    tax_rounding: TaxRounding
    quotas: Quotas
