"""The columns of an encrypted field: its ciphertext, and the digests by which it is found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn

from sqlalchemy import Column, ColumnElement, Dialect, LargeBinary, Table, type_coerce
from sqlalchemy.sql.operators import OperatorType, is_, is_not
from sqlalchemy.types import TypeDecorator

from chassis.database.encryption.sealing import digest, seal, unseal

DIGEST_OF = "digest_of"  # in the info of a column: the field whose digest it holds
DIGEST_SUFFIX = "_digest"
_PLACES: set[str] = set()


class EncryptedText(TypeDecorator[str]):
    """A text that is stored as ciphertext of its tenant and place, such as `mtl.lead.phone`.

    Two ciphertexts of one text differ, so the column is compared with NULL only: SQL compares its
    digest.
    """

    impl = LargeBinary
    cache_ok = True

    class Comparator(TypeDecorator.Comparator[str]):
        """Refuses comparisons that could never find a row."""

        def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
            if op not in (is_, is_not):
                _refuse(op)
            return super().operate(op, *other, **kwargs)

    comparator_factory = Comparator

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place
        _PLACES.add(place)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else seal(value, self.place)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else unseal(value, self.place)


def _refuse(op: OperatorType) -> NoReturn:
    raise TypeError(f"An encrypted column has no operator {op.__name__}: compare its digest.")


class KeyedDigest(TypeDecorator[Any]):
    """The digest of a text; a text that is compared with it or stored in it is digested first."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: str | bytes | None, dialect: Dialect) -> bytes | None:
        return digest(value, self.place) if isinstance(value, str) else value


@dataclass(frozen=True)
class DigestSource:
    """The field whose digest a column holds; `form` is what is digested of it, None for nothing.

    A `whole` digest is that of the value itself: filters by the field use it.
    """

    field: str
    form: Callable[[str], str | None] | None = None

    def text(self, values: Mapping[str, Any]) -> str | None:
        """Return what is digested, of a row's values."""
        value: str | None = values[self.field]
        return value if value is None or self.form is None else self.form(value)


def encrypted_columns(name: str, *, of: str, personal: str = "") -> tuple[Column[Any], Column[Any]]:
    """Return the two columns of an encrypted field: `x` and `x_digest`.

    `of` is the resource to which the values are bound; `personal` the kind of personal data.
    """
    info = {"personal": personal} if personal else {}
    return (
        Column(name, EncryptedText(f"{of}.{name}"), info=info),
        digest_column(name, of=of, field=name),
    )


def digest_column(
    name: str, *, of: str, field: str, form: Callable[[str], str | None] | None = None
) -> Column[Any]:
    """Return the column `name_digest` of a field, or of a part of it such as its last digits.

    `to_columns` fills it from the field; the entity has no such field.
    """
    source = DigestSource(field, form)
    kind = KeyedDigest(f"{of}.{name}")
    return Column(f"{name}{DIGEST_SUFFIX}", kind, info={DIGEST_OF: source})


def encrypted_fields(resource: str) -> dict[str, str]:
    """Return the encrypted fields of a resource, each with the place its values are bound to."""
    parts = [(place, *place.rpartition(".")) for place in sorted(_PLACES)]
    return {name: place for place, of, _, name in parts if of == resource}


def encrypted_resources() -> set[str]:
    """Return the resources that have encrypted fields."""
    return {place.rpartition(".")[0] for place in _PLACES}


def is_encrypted(column: Column[Any]) -> bool:
    """Return whether a column holds ciphertext."""
    return isinstance(column.type, EncryptedText)


def encrypted_columns_of(table: Table) -> list[Column[Any]]:
    """Return the columns of a table that hold ciphertext."""
    return [column for column in table.c if is_encrypted(column)]


def place_of(column: Column[Any]) -> str:
    """Return the resource and field to which the values of an encrypted column are bound."""
    assert isinstance(column.type, EncryptedText)
    return column.type.place


def digests_of(table: Table, values: Mapping[str, Any]) -> dict[str, str | None]:
    """Return what the digest columns of a table digest, for the fields among these values."""
    sources = _digest_sources(table)
    return {name: one.text(values) for name, one in sources if one.field in values}


@cache
def _digest_sources(table: Table) -> tuple[tuple[str, DigestSource], ...]:
    """Return the digest columns of a table with their sources: every write asks for them."""
    return tuple((str(c.name), c.info[DIGEST_OF]) for c in table.c if DIGEST_OF in c.info)


def stored(column: Column[Any]) -> ColumnElement[bytes]:
    """Return an encrypted column as it is stored, for what handles ciphertext."""
    return type_coerce(column, LargeBinary)
