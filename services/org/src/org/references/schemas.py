"""Response bodies of code lists."""

from pydantic import BaseModel, ConfigDict, Field


class CodeListEntryOut(BaseModel):
    """A code, its name in the caller's language, and both names."""

    code: str
    name: str
    name_zh: str
    name_en: str


class CurrencyOut(CodeListEntryOut):
    """A currency of ISO 4217."""

    symbol: str = Field(examples=["¥"])
    digits: int = Field(description="Digits after the decimal point", examples=[2])


class CodeListOut(BaseModel):
    """A code list."""

    items: list[CodeListEntryOut]


class CurrenciesOut(BaseModel):
    """The currencies."""

    items: list[CurrencyOut]


class RegionOut(BaseModel):
    """An administrative division of China; provinces have no parent."""

    model_config = ConfigDict(from_attributes=True)
    code: str = Field(examples=["310115"])
    name: str = Field(examples=["浦东新区"])
    pinyin: str = Field(examples=["Pudongxinqu"])
    parent: str | None
    has_children: bool


class RegionPathOut(BaseModel):
    """A division and the divisions it belongs to, the province first."""

    items: list[RegionOut]


class RegionsOut(BaseModel):
    """Divisions of China on one level."""

    items: list[RegionOut]
    revision: str = Field(
        description="The revision of GB/T 2260, as year and month", examples=["201904"]
    )
