"""Fills the names of the records to which answers refer, by one query for each answer."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from functools import cache, wraps
from inspect import Parameter, signature
from typing import Any, TypeGuard, TypeVar, get_args

from pydantic import BaseModel
from sqlalchemy import (
    CompoundSelect,
    Select,
    Text,
    cast,
    literal,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.named_tables import NamedTable, find_named_table
from chassis.database.rows import is_among
from chassis.foundation.context import operator_name
from chassis.web.references import Reference, RefersTo, references_of

_Source = tuple[NamedTable, str]  # the table with the names of records, and the column of their ids
_Slot = tuple[BaseModel, Reference, Collection[Any]]  # where the names of these ids are missing


def models_in(value: Any) -> Iterator[BaseModel]:
    """Yield the models in an answer: itself and all below it."""
    if _is_model(value):
        yield value
        for name in _parts(type(value)):
            yield from models_in(getattr(value, name, None))
    elif isinstance(value, list | tuple):
        for item in value:
            if not _is_model(item):
                return  # lists hold one kind of value
            yield from models_in(item)


def _is_model(value: Any) -> TypeGuard[BaseModel]:
    kind: Any = type(value)
    return _is_model_class(kind)


@cache
def _is_model_class(kind: type[Any]) -> bool:
    """Remember which classes are models: `isinstance` of every value takes far longer."""
    return issubclass(kind, BaseModel)


@cache
def _parts(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the fields of a model that may hold other models."""
    fields = model.model_fields.items()
    return tuple(name for name, info in fields if _may_hold_models(info.annotation))


def _may_hold_models(annotation: Any) -> bool:
    """Return whether a value may be or hold a model, also where its type is left open."""
    if annotation is Any or isinstance(annotation, TypeVar):
        return True
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return is_model or any(map(_may_hold_models, get_args(annotation)))


async def fill_names(tx: AsyncConnection, answer: Any) -> None:
    """Fill the names of all records to which an answer refers, by one query.

    A name that the answer has already stays, and so do the names of documents, which keep the name
    that a record had. The name of an unknown record stays null.
    """
    slots = [
        slot
        for model in models_in(answer)
        for reference in _named_references(type(model))
        if (slot := _empty_slot(model, reference)) is not None
    ]
    sources: dict[_Source, set[Any]] = {}
    for _, reference, ids in slots:
        sources.setdefault(_source_of(reference), set()).update(ids)
    if not sources:
        return
    names = await _names(tx, sources)
    for model, reference, ids in slots:
        source = _source_of(reference)
        keys = [str(key) for key in ids]
        found = [names.get((source, key)) or operator_name(key) for key in keys]
        is_many = isinstance(getattr(model, reference.field), list | tuple)
        setattr(model, reference.name_field or "", found if is_many else found[0])
    await _fill_active(tx, [slot for slot in slots if slot[1].active_field is not None])


async def _fill_active(tx: AsyncConnection, slots: Sequence[_Slot]) -> None:
    """Fill which of the records to which an answer refers are active, by one query for a table.

    A deleted record is not; of an unknown one it stays null.
    """
    for source in dict.fromkeys(_source_of(reference) for _, reference, _ in slots):
        mine = [slot for slot in slots if _source_of(slot[1]) == source]
        ids = sorted({key for _, _, keys in mine for key in keys}, key=str)
        active = {key: on for key, on in await tx.execute(_active_query(source), {"ids": ids})}
        for model, reference, keys in mine:
            found = [active.get(key) for key in keys]
            is_many = isinstance(getattr(model, reference.field), list | tuple)
            setattr(model, reference.active_field or "", found if is_many else found[0])


@cache
def _active_query(source: _Source) -> Select[Any]:
    named, key = source
    columns = named.table.c
    return select(columns[key], columns.active & ~columns.deleted).where(
        is_among(columns[key], "ids")
    )


@cache
def _named_references(model: type[BaseModel]) -> tuple[Reference, ...]:
    return tuple(each for each in references_of(model) if each.name_field is not None)


def _empty_slot(model: BaseModel, reference: Reference) -> _Slot | None:
    """Return where the names of a reference are missing, with the ids that it has."""
    ids = reference.ids_in(model)
    if not ids or getattr(model, reference.name_field or "", None):
        return None
    return model, reference, ids


def _source_of(reference: Reference) -> _Source:
    return _source(reference.service, reference.refers_to)


@cache
def _source(service: str, refers_to: RefersTo) -> _Source:
    """Return the table that names the records of a reference, and the column of its values."""
    table = find_named_table(service, refers_to.resource)
    assert table is not None, f"{service} has no table with the names of {refers_to.resource}"
    return table, refers_to.key


async def _names(
    tx: AsyncConnection, sources: dict[_Source, set[Any]]
) -> dict[tuple[_Source, str], str]:
    numbered = tuple(sorted(sources, key=lambda source: (source[0].table.name, source[1])))
    ids = {_ids(n): sorted(sources[source], key=str) for n, source in enumerate(numbered)}
    rows = await tx.execute(_names_query(numbered), ids)
    return {(numbered[number], key): name for number, key, name in rows}


@cache
def _names_query(sources: tuple[_Source, ...]) -> CompoundSelect[Any]:
    """Return the query for the names of records of these tables; built once for each answer."""
    return union_all(
        *(
            select(literal(n), cast(named.table.c[key], Text), named.shown).where(
                is_among(named.table.c[key], _ids(n))
            )
            for n, (named, key) in enumerate(sources)
        )
    )


def _ids(number: int) -> str:
    return f"ids_{number}"


async def names_by_id(
    tx: AsyncConnection, reference: Reference, ids: Collection[Any]
) -> dict[str, str]:
    """Return the names of the records with these ids, by their ids; unknown ones are left out."""
    found = await _names(tx, {_source_of(reference): set(ids)}) if ids else {}
    return {key: name for (_, key), name in found.items()}


def completed_answer(
    endpoint: Callable[..., Awaitable[Any]],
) -> Callable[..., Awaitable[Any]]:
    """Return the endpoint with the names of records filled in its answer.

    One of the endpoint's arguments is the request's transaction, or holds it, as a command does.
    Raises TypeError for an endpoint without one.
    """
    if not any(map(_holds_transaction, signature(endpoint).parameters.values())):
        raise TypeError(f"{endpoint.__name__} answers names, so it needs the transaction")

    @wraps(endpoint)
    async def complete(**arguments: Any) -> Any:
        answer = await endpoint(**arguments)
        if not getattr(answer, "has_its_names", False):
            await fill_names(_transaction(arguments.values()), answer)
        return answer

    return complete


def _holds_transaction(parameter: Parameter) -> bool:
    kind = next(iter(get_args(parameter.annotation)), parameter.annotation)
    fields = getattr(kind, "__dataclass_fields__", ())
    return kind is AsyncConnection or "tx" in fields or hasattr(kind, "tx")


def _transaction(arguments: Iterable[Any]) -> AsyncConnection:
    held = (getattr(argument, "tx", argument) for argument in arguments)
    return next(tx for tx in held if isinstance(tx, AsyncConnection))
