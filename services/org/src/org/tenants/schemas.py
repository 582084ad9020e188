"""What is said of tenants, and which settings there can be."""

from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Final
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from contracts.org.events import Quotas
from kernel.currencies import CurrencyCode
from kernel.decimals import RateDecimal
from org.tenants.domain import Settings, TaxRounding, TenantStatus

# In the time zone database, but not places: how a machine is set up.
_NO_PLACES: Final = frozenset({"Factory", "localtime"})


@cache
def _countries() -> frozenset[str]:
    """ISO 3166-1 alpha-2, as the time zone database keeps it."""
    table = files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8")
    return frozenset(row[:2] for row in table.splitlines() if not row.startswith("#"))


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NO_PLACES


def _is_timezone(value: str) -> str:
    if value not in _timezones():
        raise PydanticCustomError("TIMEZONE_UNKNOWN", "Input should be an IANA time zone")
    return value


def _is_country(value: str) -> str:
    if value not in _countries():
        raise PydanticCustomError("COUNTRY_UNKNOWN", "Input should be an ISO 3166-1 code")
    return value


def _are_distinct(values: list[str]) -> list[str]:
    if len(set(values)) < len(values):
        raise PydanticCustomError("LANGUAGE_REPEATED", "Each language should stand once")
    return values


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    Field(examples=["示例科技"]),
]
Timezone = Annotated[
    str,
    Field(description="IANA name; business days are counted in it", examples=["Asia/Shanghai"]),
    AfterValidator(_is_timezone),
]
Currency = Annotated[CurrencyCode, Field(description="ISO 4217", examples=["CNY"])]
# language[-Script][-REGION] of BCP 47, in its recommended spelling.
Language = Annotated[
    str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$")
]
Languages = Annotated[
    list[Language],
    Field(
        min_length=1,
        max_length=20,
        description="BCP 47, the preferred one first",
        examples=[["zh-CN", "en"]],
    ),
    AfterValidator(_are_distinct),
]
TaxRate = Annotated[RateDecimal, Field(description="A fraction: 0.13 is 13 %", examples=["0.13"])]
Country = Annotated[
    str,
    Field(description="ISO 3166-1 alpha-2", examples=["CN"]),
    AfterValidator(_is_country),
]


class TenantIn(BaseModel):
    """A whole tenant, as a seed file states it."""

    model_config = ConfigDict(extra="forbid")
    name: Name
    timezone: Timezone
    currency: Currency
    languages: Languages
    default_tax_rate: TaxRate
    country: Country
    tax_rounding: TaxRounding = TaxRounding.LINE


def _absent() -> Any:
    """Never read: what a patch does not name is not among its set fields; null is refused."""


class TenantPatch(BaseModel):
    """The settings to change; what is not named stays as it is."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"languages": ["zh-CN", "en"], "default_tax_rate": "0.06"}]
        },
    )
    name: Name = Field(default_factory=_absent)
    timezone: Timezone = Field(default_factory=_absent)
    currency: Currency = Field(default_factory=_absent)
    languages: Languages = Field(default_factory=_absent)
    default_tax_rate: TaxRate = Field(default_factory=_absent)
    country: Country = Field(default_factory=_absent)
    tax_rounding: TaxRounding = Field(default_factory=_absent)

    def settings(self) -> Settings:
        """The settings that were named."""
        named = Settings()
        named.update(self.model_dump(exclude_unset=True))  # type: ignore[typeddict-item]  # its keys are our fields
        if "languages" in named:
            named["languages"] = tuple(named["languages"])
        return named


class TenantOut(BaseModel):
    """A tenant and its settings."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    name: str
    timezone: str
    currency: str
    languages: list[str]
    default_tax_rate: RateDecimal
    country: str
    tax_rounding: TaxRounding
    quotas: Quotas
    status: TenantStatus
    created_at: datetime
    updated_at: datetime
    version: int
