"""Request and response bodies of tenants, and the field types of their settings."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from chassis.records.codes import CountryCode, LanguageTag
from contracts.org.events import Quotas
from contracts.org.states import GoesAlong, ImplicitlyShared
from kernel.currencies import CurrencyCode
from kernel.decimals import RateDecimal
from kernel.taxes import TaxRounding
from kernel.texts import TrimmedText
from org.tenants.domain import TenantSettings, TenantStatus, is_timezone


def _is_timezone(value: str) -> str:
    if not is_timezone(value):
        raise PydanticCustomError("TIMEZONE_UNKNOWN", "Input should be an IANA time zone")
    return value


def _are_distinct(values: list[str]) -> list[str]:
    if len(set(values)) < len(values):
        raise PydanticCustomError("LANGUAGE_REPEATED", "Each language should be listed once")
    return values


TenantName = Annotated[
    str,
    TrimmedText(min_length=1, max_length=200),
    Field(examples=["示例科技"]),
]
TenantTimezone = Annotated[
    str,
    Field(
        description="IANA name; business days begin and end in this time zone",
        examples=["Asia/Shanghai"],
    ),
    AfterValidator(_is_timezone),
]
TenantCurrency = Annotated[CurrencyCode, Field(description="ISO 4217", examples=["CNY"])]
TenantLanguages = Annotated[
    list[LanguageTag],
    Field(
        min_length=1,
        max_length=20,
        description="BCP 47, the preferred one first",
        examples=[["zh-CN", "en"]],
    ),
    AfterValidator(_are_distinct),
]
TaxRate = Annotated[
    RateDecimal, Field(description="A fraction, such as 0.13 for 13 %", examples=["0.13"])
]


SeparateResources = Annotated[
    list[ImplicitlyShared],
    Field(
        max_length=len(ImplicitlyShared),
        description="Kinds of records that are not seen with the account or opportunity they "
        "belong to: only by their own owners, teams and shares",
        examples=[["rms.receivable"]],
    ),
]


TransferredAlong = Annotated[
    list[GoesAlong],
    Field(
        max_length=len(GoesAlong),
        description="Kinds of open records that go along with a transferred account or "
        "opportunity where the request does not say what does",
        examples=[["l2o.opportunity", "cpq.quote"]],
    ),
]


class TenantIn(BaseModel):
    """All settings of a tenant."""

    model_config = ConfigDict(extra="forbid")
    name: TenantName
    timezone: TenantTimezone
    currency: TenantCurrency
    languages: TenantLanguages
    default_tax_rate: TaxRate
    country: CountryCode
    tax_rounding: TaxRounding = TaxRounding.LINE


def _no_default() -> Any:
    """Mark a field as optional without allowing null; the default itself is never used."""


class TenantPatch(BaseModel):
    """The settings to change; settings that are left out stay as they are."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"languages": ["zh-CN", "en"], "default_tax_rate": "0.06"}]
        },
    )
    name: TenantName = Field(default_factory=_no_default)
    timezone: TenantTimezone = Field(default_factory=_no_default)
    currency: TenantCurrency = Field(default_factory=_no_default)
    languages: TenantLanguages = Field(default_factory=_no_default)
    default_tax_rate: TaxRate = Field(default_factory=_no_default)
    country: CountryCode = Field(default_factory=_no_default)
    tax_rounding: TaxRounding = Field(default_factory=_no_default)
    separate_resources: SeparateResources = Field(default_factory=_no_default)
    transferred_along: TransferredAlong = Field(default_factory=_no_default)

    def settings(self) -> TenantSettings:
        """Return the settings that the body contains."""
        changes = TenantSettings()
        changes.update(self.model_dump(exclude_unset=True))  # type: ignore[typeddict-item]  # its keys are our fields
        if "languages" in changes:
            changes["languages"] = tuple(changes["languages"])
        if "separate_resources" in changes:
            changes["separate_resources"] = _distinct(changes["separate_resources"])
        if "transferred_along" in changes:
            changes["transferred_along"] = _distinct(changes["transferred_along"])
        return changes


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({str(one) for one in names}))


class TenantOut(BaseModel):
    """A tenant with its settings."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    name: str
    timezone: str
    currency: str
    languages: list[str]
    default_tax_rate: RateDecimal
    country: str
    tax_rounding: TaxRounding
    separate_resources: list[ImplicitlyShared]
    transferred_along: list[GoesAlong]
    quotas: Quotas
    status: TenantStatus
    created_at: datetime
    updated_at: datetime
    version: int
