from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from kernel.durations import ClockDuration, duration_text, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT4H", 14400), ("PT1H30M", 5400), ("PT90S", 90), ("PT0S", 0), ("PT36H5S", 129605)],
)
def test_a_duration_is_read(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "PT", "P1D", "P1DT2H", "PT-1H", "-PT1H", "pt1h", "PT1.5H", "PT1M1H", 3600, None]
)
def test_anything_else_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(text)


def test_a_duration_is_written_in_hours_without_days() -> None:
    assert duration_text(timedelta(days=1, hours=12, minutes=30)) == "PT36H30M"
    assert duration_text(timedelta()) == "PT0S"
    assert duration_text(timedelta(seconds=59, microseconds=999_999)) == "PT59S"


@given(st.integers(0, 10**9))
def test_a_written_duration_reads_as_the_same(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert parse_duration(duration_text(duration)) == duration


def test_a_duration_in_json() -> None:
    adapter = TypeAdapter(ClockDuration)
    assert adapter.validate_python("PT1H30M") == timedelta(minutes=90)
    assert adapter.dump_python(timedelta(hours=25), mode="json") == "PT25H"
    for wrong in (3600, "1 hour", "P1D"):
        with pytest.raises(ValidationError) as caught:
            adapter.validate_python(wrong)
        assert caught.value.errors()[0]["type"] == "DURATION_INVALID"
