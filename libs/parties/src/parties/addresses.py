"""Addresses of a company: what each is for, and where it is by GB/T 2260."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from kernel.personal import Personal

MAX_ADDRESSES: Final = 50


class AddressKind(StrEnum):
    """What an address is for."""

    REGISTERED = "REGISTERED"
    OFFICE = "OFFICE"
    BILLING = "BILLING"
    SHIPPING = "SHIPPING"
    FACTORY = "FACTORY"
    OTHER = "OTHER"


@dataclass(frozen=True, kw_only=True)
class PartyAddress:
    """An address; `region_code` is one of GB/T 2260. Equal ones may have different ids."""

    id: UUID = field(compare=False)
    position: int
    kind: AddressKind
    is_default: bool = False
    country: str | None = None
    region_code: str | None = None
    address: Annotated[str | None, Personal("text")] = None
    postal_code: str | None = None
