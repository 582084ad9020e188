"""Reads the mapping by which a lead becomes records of L2O."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.custom_fields.store import definitions_of
from mtl.conversions.domain.mapping import (
    DEFAULT_MAPPING,
    ConversionMapping,
    CustomTypes,
    read_mapping,
)
from mtl.leads.store import LEADS
from mtl.rule_sets.store import LEAD_CONVERSION, VERSIONS
from rules.custom_fields import custom_field_spec
from rules.fields import FactType
from rules.versions import Content


async def mapping_number(tx: AsyncConnection) -> int:
    """Return the number of the mapping in force; 0 is the default."""
    version = await VERSIONS.latest(tx, LEAD_CONVERSION)
    return 0 if version is None else version.number


async def mapping_of(tx: AsyncConnection, number: int) -> ConversionMapping:
    """Return the mapping of a version; 0 is the default. Raises NotFound."""
    if number == 0:
        return read_mapping(DEFAULT_MAPPING, {})
    version = await VERSIONS.get(tx, LEAD_CONVERSION, number)
    return await _read(tx, version.content)


async def _read(tx: AsyncConnection, content: Content) -> ConversionMapping:
    return read_mapping(content, await custom_types(tx))


async def custom_types(tx: AsyncConnection) -> CustomTypes:
    """Return the types of the custom fields of leads; a choice is a text."""
    definitions = await definitions_of(tx, LEADS.resource)
    texts = {FactType.ENUM: FactType.TEXT, FactType.ENUM_LIST: FactType.TEXT_LIST}
    kinds = {key: custom_field_spec(one).type for key, one in definitions.items()}
    return {key: texts.get(kind, kind) for key, kind in kinds.items()}
