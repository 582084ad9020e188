"""Tests of sealed values: what is bound to what, and what a reader is told."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.database.encryption.sealing import (
    DIGEST_BYTES,
    Unreadable,
    digest,
    key_id_of,
    seal,
    unseal,
)
from chassis.database.transaction_tenant import NoTenant, within_tenant
from testkit.encryption_keys import encryption_keys, key_named

TENANT = UUID("01990000-0000-7000-8000-00000000000a")
OTHER = UUID("01990000-0000-7000-8000-00000000000b")
PHONE, EMAIL = "mtl.lead.phone", "mtl.lead.email"
VALUE = "+8613800138000"
OLD, NEW = key_named("old", 1), key_named("new", 2)


@pytest.fixture(autouse=True)
def keys() -> Iterator[None]:
    with encryption_keys(NEW, OLD):
        yield


@given(st.text(), st.sampled_from([TENANT, OTHER]), st.sampled_from([PHONE, EMAIL]))
def test_what_is_sealed_is_read_again(text: str, tenant: UUID, place: str) -> None:
    with within_tenant(tenant):
        first, second = seal(text, place), seal(text, place)
        assert unseal(first, place) == unseal(second, place) == text
    assert first != second
    assert len(text) < 4 or text.encode() not in first


@given(st.binary(max_size=80))
def test_other_bytes_are_refused(content: bytes) -> None:
    with within_tenant(TENANT), pytest.raises(Unreadable, match=r"^A value of mtl\.lead\.phone .*"):
        unseal(content, PHONE)


def test_a_value_is_bound_to_its_tenant_and_column() -> None:
    with within_tenant(TENANT):
        sealed = seal(VALUE, PHONE)
    refusal = r"^A value of mtl\.lead\.\w+ cannot be decrypted with the key 'new': it was changed,"
    with within_tenant(OTHER), pytest.raises(Unreadable, match=refusal):
        unseal(sealed, PHONE)
    with within_tenant(TENANT), pytest.raises(Unreadable, match=refusal):
        unseal(sealed, EMAIL)


def test_a_changed_value_is_refused_wherever_it_was_changed() -> None:
    with within_tenant(TENANT):
        sealed = seal(VALUE, PHONE)
        for place in range(len(sealed)):
            changed = bytes(byte ^ (n == place) for n, byte in enumerate(sealed))
            with pytest.raises(Unreadable):
                unseal(changed, PHONE)


def test_a_value_that_is_cut_off_is_refused() -> None:
    with within_tenant(TENANT):
        sealed = seal("", PHONE)
        for length in range(len(sealed)):
            with pytest.raises(Unreadable):
                unseal(sealed[:length], PHONE)


def test_old_keys_read_and_an_unknown_key_is_named() -> None:
    with within_tenant(TENANT):
        with encryption_keys(OLD):
            sealed = seal(VALUE, PHONE)
        with encryption_keys(NEW, OLD):
            assert unseal(sealed, PHONE) == VALUE
            assert key_id_of(sealed, PHONE) == "old"
            assert key_id_of(seal(VALUE, PHONE), PHONE) == "new"
        refusal = r"with the key 'old', which is not in L2C_ENCRYPTION_KEYS\.$"
        with encryption_keys(NEW), pytest.raises(Unreadable, match=refusal):
            unseal(sealed, PHONE)


def test_nothing_is_read_or_written_without_a_tenant() -> None:
    with within_tenant(TENANT):
        sealed = seal(VALUE, PHONE)
    for call in (lambda: seal(VALUE, PHONE), lambda: unseal(sealed, PHONE)):
        with pytest.raises(NoTenant, match="only read and written in a tenant's transaction"):
            call()
    with pytest.raises(NoTenant):
        digest(VALUE, PHONE)


def test_digests_are_alike_for_one_tenant_and_column_only() -> None:
    with within_tenant(TENANT):
        first = digest(VALUE, PHONE)
        assert first == digest(VALUE, PHONE)
        assert len(first) == DIGEST_BYTES
        assert len({first, digest(VALUE, EMAIL), digest(VALUE + "0", PHONE)}) == 3
        with encryption_keys(OLD):
            assert digest(VALUE, PHONE) == first  # a rotation leaves digests as they are
        with encryption_keys(OLD, digests="another"):
            assert digest(VALUE, PHONE) != first
    with within_tenant(OTHER):
        assert digest(VALUE, PHONE) != first
