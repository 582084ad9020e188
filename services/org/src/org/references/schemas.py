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
    active: bool = Field(description="Whether the code is in use; lists hold only those in use")
    successors: list[str] = Field(
        description="The codes of today of a code that is no longer in use", examples=[["320614"]]
    )


class RegionPathOut(BaseModel):
    """A division and the divisions it belongs to, the province first.

    `successors` are the divisions of today, where the code is no longer in use.
    """

    items: list[RegionOut]
    successors: list[RegionOut]


class RegionsOut(BaseModel):
    """Divisions of China on one level."""

    items: list[RegionOut]
    revision: str = Field(
        description="When the official list was read, as year and month", examples=["202609"]
    )
