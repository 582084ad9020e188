from pydantic import BaseModel, ConfigDict, Field


class EntryOut(BaseModel):
    """A code, its name in the caller's language, and both names."""

    code: str
    name: str
    name_zh: str
    name_en: str


class CurrencyOut(EntryOut):
    symbol: str = Field(examples=["¥"])
    digits: int = Field(description="After the point", examples=[2])


class EntriesOut(BaseModel):
    items: list[EntryOut]


class CurrenciesOut(BaseModel):
    items: list[CurrencyOut]


class RegionOut(BaseModel):
    """A division of China; provinces have no parent."""

    model_config = ConfigDict(from_attributes=True)
    code: str = Field(examples=["310115"])
    name: str = Field(examples=["浦东新区"])
    pinyin: str = Field(examples=["Pudongxinqu"])
    parent: str | None
    has_children: bool


class RegionPathOut(BaseModel):
    """A division and those it lies in, the province first."""

    items: list[RegionOut]


class RegionsOut(BaseModel):
    items: list[RegionOut]
    revision: str = Field(description="Of GB/T 2260, year and month", examples=["201904"])
