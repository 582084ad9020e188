"""Entries of code lists."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """A code of a standard and its names."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class Currency(Entry):
    """ISO 4217; `digits` are those after the point."""

    symbol: str
    digits: int


@dataclass(frozen=True)
class Region:
    """A division of China by its GB/T 2260 code; `pinyin` is its name in Latin letters."""

    code: str
    name: str
    pinyin: str
    parent: str | None
    has_children: bool
