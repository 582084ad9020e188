"""The entries of code lists."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CodeListEntry:
    """A code of a standard with its Chinese and English names."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class CurrencyEntry(CodeListEntry):
    """A currency of ISO 4217; `digits` counts the digits after the decimal point."""

    symbol: str
    digits: int


@dataclass(frozen=True)
class Region:
    """An administrative division of China with its GB/T 2260 code.

    A code that is no longer in use has `successors`, the codes of today; it is below no division.
    """

    code: str
    name: str
    pinyin: str
    parent: str | None
    has_children: bool
    successors: tuple[str, ...] = ()

    @property
    def active(self) -> bool:
        """Whether the code is in use."""
        return not self.successors
