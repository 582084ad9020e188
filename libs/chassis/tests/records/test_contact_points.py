"""Tests of phone numbers and mail addresses: their normal forms and the refused texts."""

import unicodedata
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from chassis.foundation.context import Context, use_context
from chassis.records.contact_points import (
    Email,
    Phone,
    PhoneOfParent,
    located_phone,
    normalize_email,
    normalize_phone,
    phone_ends,
    phone_prefix,
    phones_anywhere,
)
from kernel.errors import Invalid


@pytest.mark.parametrize(
    "spelling",
    [
        *("13800138000", "138 0013 8000", "138-0013-8000", "+86 138 0013 8000", "+8613800138000"),
        *(
            "008613800138000",
            "0086-138-0013-8000",
            "１３８００１３８０００",
            "＋８６ 138 0013 8000",
        ),
        *(
            "(138)00138000",
            "138.0013.8000",
            "138\u20110013\u20118000",
            "\u202a+8613800138000\u202c",
        ),
        *("138—0013—8000", "0086 138 0013 8000", "86 13800138000", "013800138000"),
        *("（＋８６）１３８－００１３－８０００", "\u202d138\u200b0013\u00a08000\u202c"),
        *("१३८००१३८०००", "١٣٨٠٠١٣٨٠٠٠"),
    ],
)
def test_known_spellings_of_a_mobile_number_are_normalized_alike(spelling: str) -> None:
    assert normalize_phone(spelling, "CN") == "+8613800138000"


@pytest.mark.parametrize(
    ("spelling", "stored"),
    [
        ("010-6552 9988", "+861065529988"),
        ("(021) 6437-2345", "+862164372345"),
        ("+1 650-253-0000", "+16502530000"),
        ("+44 20 7031 3000", "+442070313000"),
        ("0049 30 901820", "+4930901820"),
        ("0086 (0)10 6234 5678", "+861062345678"),
        ("400-800-8888", "+864008008888"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("+852 2123 4567", "+85221234567"),
    ],
)
def test_landline_and_foreign_numbers_are_normalized(spelling: str, stored: str) -> None:
    assert normalize_phone(spelling, "CN") == stored


@pytest.mark.parametrize(
    "text",
    [
        *("", "-", "12", "1380013800", "138001380001", "138001380x0", "0" * 20, "9" * 21, "+"),
        *("+86", "++8613800138000", "+99913800138000", "tel:13800138000", "13800138000 转"),
        *("13800138½0", "13800138000;ext=", "13800138000\n", "13800138000/13900139000"),
        *("1380013800o", "²13800138000", "电话13800138000", "13800138000 ext 123456789"),
    ],
)
def test_an_invalid_phone_number_is_refused(text: str) -> None:
    with pytest.raises(PydanticCustomError) as refused:
        normalize_phone(text, "CN")
    assert refused.value.type == "PHONE_INVALID"


@pytest.mark.parametrize(
    ("spelling", "extension"),
    [
        ("010-62345678-8001", "8001"),
        ("010-62345678转8001", "8001"),
        ("010-62345678 转接 8001", "8001"),
        ("（010）62345678－８００１", "8001"),
        ("+86 10 6234 5678 ext. 5", "5"),
        ("+861062345678;ext=0012", "0012"),
        ("(010) 6234 5678, x 12", "12"),
        ("01062345678分机12", "12"),
        ("01062345678 #3", "3"),
        ("01062345678 Extension 77", "77"),
    ],
)
def test_an_extension_stays_with_its_number(spelling: str, extension: str) -> None:
    stored = f"+861062345678;ext={extension}"
    assert normalize_phone(spelling, "CN") == stored
    assert normalize_phone(stored) == stored


@pytest.mark.parametrize(
    ("spelling", "region", "stored"),
    [
        ("(415) 555-2673", "US", "+14155552673"),
        ("415-555-2673 x9", "US", "+14155552673;ext=9"),
        ("020 7031 3000", "GB", "+442070313000"),
        ("+86 138 0013 8000", "US", "+8613800138000"),
        ("0086 138 0013 8000", "US", "+8613800138000"),
        ("011 86 138 0013 8000", "US", "+8613800138000"),
        ("+44 20 7031 3000", None, "+442070313000"),
        ("0044 20 7031 3000", None, "+442070313000"),
    ],
)
def test_a_number_is_read_as_one_of_its_region(
    spelling: str, region: str | None, stored: str
) -> None:
    assert normalize_phone(spelling, region) == stored


def test_without_a_region_only_the_international_form_is_accepted() -> None:
    for spelling in ("13800138000", "(415) 555-2673", "010-62345678-8001"):
        with pytest.raises(PydanticCustomError) as refused:
            normalize_phone(spelling)
        assert refused.value.type == "PHONE_REGION_UNKNOWN"


@pytest.mark.parametrize(
    ("text", "region", "start"),
    [
        ("138 00", "CN", "+8613800"),
        ("010-62", "CN", "+861062"),
        ("+86 138", None, "+86138"),
        ("0086138", "US", "+86138"),
        ("(415)", "US", "+1415"),
        ("138", None, "138"),
    ],
)
def test_a_beginning_is_written_as_stored_numbers_begin(
    text: str, region: str | None, start: str
) -> None:
    assert phone_prefix(text, region) == start


class _Company(BaseModel):
    country: str | None = None
    phone: Phone | None = None


def test_the_country_of_the_record_decides_before_that_of_the_tenant() -> None:
    with use_context(Context(country="US")):
        assert _Company(phone="(415) 555-2673").phone == "+14155552673"
        assert _Company(country="GB", phone="020 7031 3000").phone == "+442070313000"
    with use_context(Context()), pytest.raises(ValidationError, match="country code"):
        _Company(phone="13800138000")


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("Wang.Fang@Example.COM", "wang.fang@example.com"),
        ("ｗａｎｇ＠example.com", "wang@example.com"),
        ("wang+crm@sub.example.com.cn", "wang+crm@sub.example.com.cn"),
        ("王芳@例子.中国", "王芳@例子.中国"),
        ("wang@xn--fsqu00a.xn--fiqs8s", "wang@例子.中国"),
        ("é@example.com", "\xe9@example.com"),
    ],
)
def test_mail_addresses_are_normalized(text: str, stored: str) -> None:
    assert normalize_email(text) == stored


@pytest.mark.parametrize(
    "text",
    [
        *("", "@", "wang", "wang@", "@example.com", "a@b", "a b@example.com", "a@@example.com"),
        *("a@example..com", ".a@example.com", "a@-example.com", "a@[127.0.0.1]", "a@exa mple.com"),
        *("Wang <wang@example.com>", "a@example.com\n", "a@example.com, b@example.com"),
        *("a@" + "x" * 64 + ".com", '"a b"@example.com'),
    ],
)
def test_an_invalid_mail_address_is_refused(text: str) -> None:
    with pytest.raises(PydanticCustomError) as refused:
        normalize_email(text)
    assert refused.value.type == "EMAIL_INVALID"


WIDE = str.maketrans("0123456789+-() ", "０１２３４５６７８９＋－（）　")
GAPS = st.lists(
    st.sampled_from(["", " ", "-", "\u00a0", "‐", ".", "\u200b"]), min_size=11, max_size=11
)


@given(
    tail=st.integers(0, 10**8 - 1),
    gaps=GAPS,
    prefix=st.sampled_from(["", "+86", "+86 ", "0086", "0086-", "(+86)", "86 "]),
    wide=st.booleans(),
)
def test_any_spelling_of_a_mobile_number_is_normalized(
    tail: int, gaps: list[str], prefix: str, *, wide: bool
) -> None:
    digits = f"138{tail:08d}"
    spelling = prefix + "".join(gap + digit for gap, digit in zip(gaps, digits, strict=True))
    text = spelling.translate(WIDE) if wide else spelling
    assert normalize_phone(text, "CN") == f"+86{digits}"


ADDRESSES = st.builds("{}@{}.com".format, st.text(max_size=10), st.text(max_size=10))


@given(st.text("0123456789+-. ()０１８＋", max_size=30) | ADDRESSES | st.text(max_size=50))
@example("a@\ud7ff.com")
@example("\u0130@example.com")
def test_any_text_is_refused_or_normalizing_it_again_changes_nothing(text: str) -> None:
    for normalize in (partial(normalize_phone, region="CN"), normalize_email):
        with suppress(PydanticCustomError):
            normalized = normalize(text)
            assert normalize(normalized) == normalized == unicodedata.normalize("NFC", normalized)


def test_fields_are_trimmed_limited_and_marked_as_personal() -> None:
    phone: TypeAdapter[str] = TypeAdapter(Phone)
    email: TypeAdapter[str] = TypeAdapter(Email)
    assert phone.validate_python("  +86 13800138000\n") == "+8613800138000"
    assert email.validate_python("\tA@example.com ") == "a@example.com"
    for adapter, bad, kind in [
        (phone, "", "string_too_short"),
        (phone, "1" * 51, "string_too_long"),
        (phone, 13800138000, "string_type"),
        (phone, "+12", "PHONE_INVALID"),
        (email, "a@example.com" + "m" * 320, "string_too_long"),
        (email, "a", "EMAIL_INVALID"),
    ]:
        with pytest.raises(ValidationError) as refused:
            adapter.validate_python(bad)
        assert [error["type"] for error in refused.value.errors()] == [kind]
    assert phone.json_schema()["x-personal"] == "phone"
    assert email.json_schema()["x-personal"] == "email"


@pytest.mark.parametrize(
    ("spelling", "country", "ends"),
    [
        ("415-555-2673", "DE", ("4155552673",)),
        ("0415-555-2673", "CN", ("4155552673",)),
        ("+1 415 555 2673", "CN", ("+14155552673",)),
        ("8 (495) 123 45 67", "CN", ("4951234567",)),
        ("06 20 912 3456", "HU", ("6209123456",)),
        ("138-0013-8000", "CN", ("13800138000",)),
        ("10-62345678-8001", "DE", ("10623456788001", "1062345678")),
        ("2026-0001", "CN", ("20260001",)),  # no extension of 2026
        ("5678", "CN", ("5678",)),
        ("+4155", "CN", ("+4155",)),
        ("123", "CN", ()),
        ("王芳", "CN", ()),
        ("1" * 60, "CN", ()),
    ],
)
def test_the_ends_of_a_number_are_those_of_every_country(
    spelling: str, country: str, ends: tuple[str, ...]
) -> None:
    assert phone_ends(spelling, country) == ends


def test_a_number_without_a_country_code_may_be_one_of_every_country() -> None:
    assert {"+864155552673", "+14155552673"} <= phones_anywhere("0415-555-2673", "CN")
    assert "+14155552673;ext=9" in phones_anywhere("415-555-2673 x9", None)
    assert "+390612345678" in phones_anywhere("06 1234 5678", "CN")
    assert phones_anywhere("+1 415 555 2673", "CN") == {"+14155552673"}
    with pytest.raises(PydanticCustomError, match="Not a phone number"):
        phones_anywhere("123456", "CN")


def test_a_number_waits_for_the_country_of_its_record() -> None:
    waiting = TypeAdapter(PhoneOfParent).validate_python
    assert waiting("+1 (415) 555-2673") == "+14155552673"
    assert waiting("(415) 555-2673") == "(415) 555-2673"
    for wrong in ("12", "no number", "+1 23"):
        with pytest.raises(ValidationError):
            waiting(wrong)
    assert located_phone("(415) 555-2673", "US") == "+14155552673"
    assert located_phone("+14155552673;ext=9", "CN") == "+14155552673;ext=9"
    assert located_phone(None, "US") is None
    with use_context(Context(country="CN")):
        assert located_phone("138 0013 8000", None) == "+8613800138000"
    for wrong, country, code in (
        ("415 555", "US", "PHONE_INVALID"),
        ("13800138000", None, "PHONE_REGION_UNKNOWN"),
    ):
        with pytest.raises(Invalid) as refused:
            located_phone(wrong, country)
        [violation] = refused.value.violations
        assert (violation.pointer, violation.code) == ("/phone", code)
