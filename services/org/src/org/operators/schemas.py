"""Request bodies of operators."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from contracts.org.events import Quotas
from org.logins.schemas import Password, Username
from org.operators.domain import FirstAdministrator, NewTenantSettings
from org.people.schemas import PersonName
from org.tenants.domain import TenantSettings
from org.tenants.schemas import TenantIn, TenantPatch

QuotaLimit = Annotated[int | None, Field(ge=0, le=1_000_000_000, strict=True)]


class QuotasIn(BaseModel):
    """The limits of a tenant; null means no limit."""

    model_config = ConfigDict(extra="forbid")
    requests_per_minute: QuotaLimit = None
    rows: QuotaLimit = None
    imports_at_once: QuotaLimit = None

    def to_quotas(self) -> Quotas:
        """Return the limits as the domain holds them."""
        return Quotas(**self.model_dump())


class FirstAdministratorIn(BaseModel):
    """The first person of the tenant, who signs in at the development issuer with all scopes."""

    model_config = ConfigDict(extra="forbid")
    name: PersonName
    username: Username
    password: Password


class NewTenantIn(TenantIn):
    """A new tenant with its settings, its limits and its first administrator."""

    quotas: QuotasIn = QuotasIn()
    admin: FirstAdministratorIn | None = None

    def provision_arguments(self) -> tuple[NewTenantSettings, FirstAdministrator | None]:
        """Return the arguments of `provision_tenant`."""
        settings = NewTenantSettings(
            name=self.name,
            timezone=self.timezone,
            currency=self.currency,
            languages=tuple(self.languages),
            default_tax_rate=self.default_tax_rate,
            country=self.country,
            tax_rounding=self.tax_rounding,
            quotas=self.quotas.to_quotas(),
        )
        administrator = self.admin
        if administrator is None:
            return settings, None
        return settings, FirstAdministrator(
            administrator.name, administrator.username, administrator.password.get_secret_value()
        )


def _no_default() -> Any:
    """Mark a field as optional without allowing null; the default itself is never used."""


class OperatorTenantPatch(TenantPatch):
    """The settings of a tenant to change, including those that only operators may change."""

    quotas: QuotasIn = Field(default_factory=_no_default)

    def settings(self) -> TenantSettings:
        """Return the settings that the body contains."""
        changes = super().settings()
        if "quotas" in changes:
            changes["quotas"] = self.quotas.to_quotas()
        return changes
