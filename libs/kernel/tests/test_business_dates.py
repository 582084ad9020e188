from datetime import UTC, date, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from kernel.business_dates import BusinessDate, CalendarDate, parse_business_date

ADAPTER: TypeAdapter[date] = TypeAdapter(BusinessDate)


@pytest.mark.parametrize("text", ["2026-11-22", "2028-02-29", "1900-01-01", "2199-12-31"])
def test_a_day_is_read_and_written_in_the_same_format(text: str) -> None:
    day = ADAPTER.validate_python(text)
    assert day == date.fromisoformat(text)
    assert ADAPTER.validate_python(day) == day
    assert ADAPTER.dump_json(day) == f'"{text}"'.encode()
    assert parse_business_date(text) == day


@pytest.mark.parametrize(
    "value",
    [
        *("2026-02-30", "2027-02-29", "0000-01-01", "2026-13-01", "2026-1-2", "20261122"),
        *("2026-11-22T00:00:00", "2026-11-22 ", "２０２６-11-22", "2026-W47-7", ""),
        *(0, 1_795_305_600, 0.0, True, [], {}, None, datetime(2026, 11, 22, tzinfo=UTC)),
    ],
)
def test_everything_but_a_day_is_refused(value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        ADAPTER.validate_python(value)
    assert {error["type"].split("_")[0] for error in caught.value.errors()} == {"date"}
    with pytest.raises(ValueError, match=r"day|month|year"):
        parse_business_date(value)


@pytest.mark.parametrize("text", ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"])
def test_a_day_that_no_record_names_is_refused(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ADAPTER.validate_python(text)
    assert [error["type"] for error in caught.value.errors()] == ["DAY_OUT_OF_RANGE"]
    with pytest.raises(ValueError, match="1900-01-01"):
        parse_business_date(text)
    day: date = TypeAdapter(CalendarDate).validate_python(text)
    assert day == date.fromisoformat(text)


def test_the_schema_is_a_date() -> None:
    assert ADAPTER.json_schema() == {"type": "string", "format": "date"}
