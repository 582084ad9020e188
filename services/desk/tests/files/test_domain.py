"""The rules of files, with numbers by hand, and that parts, ranges and chunks fit together."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.file_settings.domain.limits import PART_BYTES, FileSettings
from desk.file_settings.domain.media_types import DEFAULT_TYPES, is_admitted
from desk.files.domain.chunks import CHUNK_BYTES, SEALED_BYTES, sealed_size, span_of
from desk.files.domain.file import MAX_CHECKS, Check, File, FileStatus
from desk.files.domain.ranges import (
    ByteRange,
    PartSlice,
    UnsatisfiableRange,
    requested_range,
    slices_of,
)
from kernel.errors import Invalid, RuleBroken
from kernel.ids import new_id

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)
MEBIBYTE = 1024 * 1024


def a_file(size: int = 100, **fields: object) -> File:
    values = {"id": new_id(), "file_name": "a.pdf", "size": size, "uploaded_by": "li"}
    return File(**{**values, "created_at": NOON, "updated_at": NOON, **fields})  # type: ignore[arg-type]  # a mapping of fields


@pytest.mark.parametrize(
    ("size", "sizes"),
    [
        (1, [1]),
        (8 * MEBIBYTE, [8 * MEBIBYTE]),
        (8 * MEBIBYTE + 1, [8 * MEBIBYTE, 1]),
        (20 * MEBIBYTE, [8 * MEBIBYTE, 8 * MEBIBYTE, 4 * MEBIBYTE]),
    ],
)
def test_a_file_is_uploaded_in_parts_of_eight_mebibytes(size: int, sizes: Sequence[int]) -> None:
    file = a_file(size)
    assert [file.part_size(n + 1) for n in range(file.part_count)] == sizes
    for number in (0, len(sizes) + 1):
        with pytest.raises(RuleBroken, match="FILE_PART_UNKNOWN"):
            file.part_size(number)


@given(st.integers(1, 50 * PART_BYTES))
def test_the_parts_of_a_file_sum_to_its_size(size: int) -> None:
    file = a_file(size)
    assert sum(file.part_size(n + 1) for n in range(file.part_count)) == size


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-0", (0, 1)),
        ("bytes=0-99", (0, 100)),
        ("bytes=10-19", (10, 20)),
        ("bytes=90-", (90, 100)),
        ("bytes=90-500", (90, 100)),
        ("bytes=-1", (99, 100)),
        ("bytes=-500", (0, 100)),
        ("bytes=5-4", None),  # not a range: ignored
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),  # several: the whole file is an allowed answer
        ("items=0-1", None),
        ("bytes=a-b", None),
    ],
)
def test_a_range_is_read_as_the_rfc_says(
    header: str | None, expected: tuple[int, int] | None
) -> None:
    found = requested_range(header, 100)
    assert (found and (found.start, found.end)) == expected


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_behind_the_end_is_refused(header: str) -> None:
    with pytest.raises(UnsatisfiableRange):
        requested_range(header, 100)


def test_a_range_over_three_parts_is_cut_at_their_ends() -> None:
    assert list(slices_of(ByteRange(8, 25), [10, 10, 10])) == [
        PartSlice(0, 8, 10),
        PartSlice(1, 0, 10),
        PartSlice(2, 0, 5),
    ]


@given(st.lists(st.integers(1, 30), min_size=1, max_size=8), st.data())
def test_slices_of_parts_are_the_bytes_of_the_file(sizes: list[int], data: st.DataObject) -> None:
    total = sum(sizes)
    start = data.draw(st.integers(0, total - 1))
    end = data.draw(st.integers(start + 1, total))
    content = bytes(n % 251 for n in range(total))
    parts, place = [], 0
    for size in sizes:
        parts.append(content[place : place + size])
        place += size
    found = b"".join(
        parts[one.index][one.start : one.end] for one in slices_of(ByteRange(start, end), sizes)
    )
    assert found == content[start:end]


@pytest.mark.parametrize(
    ("size", "expected"), [(1, 17), (65_536, 65_552), (65_537, 65_569), (131_072, 131_104)]
)
def test_each_chunk_of_ciphertext_has_a_tag(size: int, expected: int) -> None:
    assert sealed_size(size) == expected


@given(st.integers(1, 5 * CHUNK_BYTES), st.data())
def test_a_span_holds_the_wanted_bytes_and_at_most_two_chunks_more(
    size: int, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, size - 1))
    end = data.draw(st.integers(start + 1, size))
    span = span_of(start, end, size)
    assert span.sealed_start % SEALED_BYTES == 0
    assert span.sealed_end <= sealed_size(size)
    assert span.first * CHUNK_BYTES + span.skipped == start
    assert span.length == end - start
    opened = span.sealed_end - span.sealed_start
    assert span.skipped + span.length <= opened < span.length + 2 * SEALED_BYTES + 100


def test_a_single_part_is_ready_at_once_and_many_are_checked_first() -> None:
    small = a_file().completed(media_type="application/pdf", sha256="aa", now=NOON)
    assert (small.status, small.sha256) == (FileStatus.READY, "aa")
    large = a_file(sha256="bb").completed(media_type="application/pdf", sha256=None, now=NOON)
    assert (large.status, large.sha256) == (FileStatus.CHECKING, "bb")
    assert large.attachable_until == NOON + timedelta(hours=24)
    with pytest.raises(RuleBroken, match="FILE_COMPLETE"):
        small.ensure_uploading()


@pytest.mark.parametrize(
    ("check", "status"),
    [
        (Check("bb"), FileStatus.READY),
        (Check("cc"), FileStatus.BROKEN),
        (Check("bb", threat="Eicar"), FileStatus.INFECTED),
        (Check(failure="nobody answers"), FileStatus.CHECKING),
    ],
)
def test_a_check_decides_what_becomes_of_a_file(check: Check, status: FileStatus) -> None:
    file = a_file(sha256="bb", status=FileStatus.CHECKING).checked(check)
    assert (file.status, file.threat) == (status, check.threat)
    if status is FileStatus.READY:
        file.ensure_served()
    else:
        with pytest.raises(RuleBroken):
            file.ensure_served()


def test_a_check_that_fails_twelve_times_ends_where_people_see_it() -> None:
    file, tries = a_file(status=FileStatus.CHECKING), 0
    while file.status is FileStatus.CHECKING:
        file, tries = file.checked(Check(failure="away")), tries + 1
    assert (file.status, tries, file.checks) == (FileStatus.UNCHECKED, MAX_CHECKS, 12)
    assert file.notice is not None
    again = file.checked_again()
    assert (again.status, again.checks) == (FileStatus.CHECKING, 0)


@pytest.mark.parametrize(
    "status", [FileStatus.UPLOADING, FileStatus.INFECTED, FileStatus.BROKEN, FileStatus.ERASED]
)
def test_a_file_without_its_bytes_is_not_checked_again(status: FileStatus) -> None:
    with pytest.raises(RuleBroken, match="FILE_NOT_CHECKABLE"):
        a_file(status=status).checked_again()


def test_an_erased_file_has_neither_name_nor_key() -> None:
    erased = a_file(status=FileStatus.READY, content_secret="00").erased()
    assert (erased.file_name, erased.content_secret, erased.has_lost_bytes) == (None, None, True)


@pytest.mark.parametrize(
    ("media_type", "patterns", "expected"),
    [
        ("image/png", ["image/*"], True),
        ("image/png", ["image/jpeg"], False),
        ("application/pdf", ["application/pdf"], True),
        ("text/html", DEFAULT_TYPES, False),
        ("image/svg+xml", DEFAULT_TYPES, False),
        ("application/vnd.microsoft.portable-executable", DEFAULT_TYPES, False),
        ("application/octet-stream", DEFAULT_TYPES, False),
        ("application/pdf", DEFAULT_TYPES, True),
    ],
)
def test_types_are_admitted_one_by_one_or_by_kind(
    media_type: str, patterns: Sequence[str], expected: bool
) -> None:
    assert is_admitted(media_type, patterns) is expected


def test_a_file_is_as_large_as_its_tenant_admits() -> None:
    limits = FileSettings(
        id=new_id(), max_file_bytes=5 * MEBIBYTE, created_at=NOON, updated_at=NOON
    )
    limits.ensure_size(5 * MEBIBYTE)
    with pytest.raises(Invalid) as refused:
        limits.ensure_size(5 * MEBIBYTE + 1)
    assert refused.value.violations[0].params == {"mebibytes": "5"}
