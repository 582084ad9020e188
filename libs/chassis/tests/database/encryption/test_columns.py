"""Tests of the types of encrypted columns, without a database."""

from collections.abc import Callable

import pytest
from sqlalchemy import Column, LargeBinary, MetaData, Table, Text, select

from chassis.database.encryption.columns import (
    digest_column,
    digests_of,
    encrypted_columns,
    encrypted_columns_of,
    encrypted_fields,
    stored,
)

people = Table(
    "people",
    MetaData(),
    Column("name", Text),
    *encrypted_columns("id_number", of="test.person", personal="text"),
    digest_column("id_end", of="test.person", field="id_number", form=lambda one: one[-4:]),
)


def test_an_encrypted_field_has_a_ciphertext_and_a_digest() -> None:
    assert [c.name for c in encrypted_columns_of(people)] == ["id_number"]
    assert people.c.id_number.info == {"personal": "text"}
    assert encrypted_fields("test.person") == {"id_number": "test.person.id_number"}
    values = {"name": "x", "id_number": "11010519491231002X"}
    assert digests_of(people, values) == {
        "id_number_digest": "11010519491231002X",
        "id_end_digest": "002X",
    }
    empty = {"id_number_digest": None, "id_end_digest": None}
    assert digests_of(people, {"id_number": None}) == empty
    assert digests_of(people, {"name": "x"}) == {}


def test_ciphertext_is_compared_with_null_only() -> None:
    column = people.c.id_number
    assert "IS NOT NULL" in str(select(people.c.name).where(column.is_not(None)).compile())
    comparisons: list[Callable[[], object]] = [
        lambda: column == "x",
        lambda: column.in_(["x"]),
        lambda: column > "x",
        lambda: column.like("x%"),
    ]
    for compare in comparisons:
        with pytest.raises(TypeError, match=r"^An encrypted column has no operator .*"):
            compare()


def test_ciphertext_is_handled_as_bytes_and_digests_take_texts() -> None:
    assert isinstance(stored(people.c.id_number).type, LargeBinary)
    condition = people.c.id_number_digest.in_(["x", "y"])
    assert "id_number_digest IN" in str(condition)
