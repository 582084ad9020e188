"""What an operator says of tenants."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from contracts.org.events import Quotas
from org.logins.schemas import Password, Username
from org.operators.domain import Admin, NewSettings
from org.people.schemas import Name
from org.tenants.domain import Settings
from org.tenants.schemas import TenantIn, TenantPatch

Limit = Annotated[int | None, Field(ge=0, le=1_000_000_000, strict=True)]


class QuotasIn(BaseModel):
    """What the tenant may use at most; null is without limit."""

    model_config = ConfigDict(extra="forbid")
    requests_per_minute: Limit = None
    rows: Limit = None
    imports_at_once: Limit = None

    def quotas(self) -> Quotas:
        return Quotas(**self.model_dump())


class FirstAdmin(BaseModel):
    """Who signs in first, with every scope, at the development issuer."""

    model_config = ConfigDict(extra="forbid")
    name: Name
    username: Username
    password: Password


class NewTenant(TenantIn):
    """A tenant, what it may use, and who shall administer it."""

    quotas: QuotasIn = QuotasIn()
    admin: FirstAdmin | None = None

    def opened(self) -> tuple[NewSettings, Admin | None]:
        """What `open_tenant` takes."""
        settings = NewSettings(
            name=self.name,
            timezone=self.timezone,
            currency=self.currency,
            languages=tuple(self.languages),
            default_tax_rate=self.default_tax_rate,
            country=self.country,
            tax_rounding=self.tax_rounding,
            quotas=self.quotas.quotas(),
        )
        first = self.admin
        if first is None:
            return settings, None
        return settings, Admin(first.name, first.username, first.password.get_secret_value())


def _absent() -> Any:
    """Never read: what a patch does not name is not among its set fields; null is refused."""


class OperatorsPatch(TenantPatch):
    """A tenant's settings, and what only operators change."""

    quotas: QuotasIn = Field(default_factory=_absent)

    def settings(self) -> Settings:
        """The settings that were named."""
        named = super().settings()
        if "quotas" in named:
            named["quotas"] = self.quotas.quotas()
        return named
