"""Bodies and answers of the addresses of a company."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool
from pydantic_core import PydanticCustomError

from chassis.records.codes import CountryCode
from kernel.ids import new_id
from kernel.personal import Personal
from kernel.texts import TrimmedText
from parties.addresses import MAX_ADDRESSES, AddressKind, PartyAddress
from parties.fields import REGION_NAME, RegionCode, RegionName


class AddressIn(BaseModel):
    """An address with its purpose; one of each purpose may be the default."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    kind: AddressKind
    is_default: StrictBool = False
    country: CountryCode | None = None
    region_code: RegionCode | None = None
    address: Annotated[str, TrimmedText(min_length=1, max_length=300), Personal("text")] | None = (
        Field(default=None, examples=["文三路 1 号"])
    )
    postal_code: Annotated[str, TrimmedText(min_length=1, max_length=20)] | None = Field(
        default=None, examples=["310012"]
    )


class AddressOut(BaseModel):
    """An address with its purpose, and its region in words."""

    model_config = ConfigDict(from_attributes=True)
    kind: AddressKind
    is_default: bool
    country: str | None
    region_code: str | None = Field(examples=["330106"])
    region_name: RegionName = REGION_NAME
    address: Annotated[str | None, Personal("text")]
    postal_code: str | None


def _one_default(addresses: list[AddressIn]) -> list[AddressIn]:
    """Refuse two defaults of a kind. Raises PydanticCustomError (ADDRESS_DEFAULT_REPEATED)."""
    defaults = [one.kind for one in addresses if one.is_default]
    if len(set(defaults)) < len(defaults):
        raise PydanticCustomError("ADDRESS_DEFAULT_REPEATED", "Two defaults of one kind")
    return addresses


Addresses = Annotated[
    list[AddressIn], Field(max_length=MAX_ADDRESSES), AfterValidator(_one_default)
]


def addresses_of_body(addresses: Sequence[AddressIn]) -> tuple[PartyAddress, ...]:
    """Return the addresses of a body in their order."""
    return tuple(
        PartyAddress(id=new_id(), position=position, **dict(one))
        for position, one in enumerate(addresses)
    )
