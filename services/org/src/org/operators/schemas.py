"""Request bodies of operators."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.org.events import Quotas
from kernel.personal import Personal
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
    """A new person of the tenant, who signs in at the development issuer with all scopes."""

    model_config = ConfigDict(extra="forbid")
    name: PersonName
    username: Username
    password: Password

    def to_domain(self) -> FirstAdministrator:
        """Return the person as the domain holds them."""
        return FirstAdministrator(self.name, self.username, self.password.get_secret_value())


class AdministratorIn(BaseModel):
    """Whom to appoint: a person of the tenant, or a new person. Exactly one of the two."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"person_id": "019ab000-0000-7000-8000-000000000101"}]},
    )
    person_id: UUID | None = None
    new_person: FirstAdministratorIn | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.person_id is None) == (self.new_person is None):
            raise PydanticCustomError("ADMINISTRATOR_AMBIGUOUS", "Name a person or describe one")
        return self

    def appointee(self) -> UUID | FirstAdministrator:
        """Return the id of the person, or the new person."""
        if self.new_person is not None:
            return self.new_person.to_domain()
        assert self.person_id is not None, "validated above"
        return self.person_id


class AdministratorOut(BaseModel):
    """An administrator of a tenant."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    name: Annotated[str, Personal("name")]
    username: Annotated[str | None, Personal("username")]


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
        return settings, None if administrator is None else administrator.to_domain()


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
