"""Phones and mails, in every spelling people use."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from mtl.leads.schemas import normalised_email, normalised_phone

MOBILE = "+8613800138000"


@pytest.mark.parametrize(
    ("spelling", "number"),
    [
        ("13800138000", MOBILE),
        ("138 0013 8000", MOBILE),
        ("138-0013-8000", MOBILE),
        ("138—0013—8000", MOBILE),
        ("138.0013.8000", MOBILE),
        ("008613800138000", MOBILE),
        ("0086 138 0013 8000", MOBILE),
        ("86 13800138000", MOBILE),
        ("+86 138 0013 8000", MOBILE),
        ("（＋８６）１３８－００１３－８０００", MOBILE),
        ("\u202d138\u200b0013\u00a08000\u202c", MOBILE),
        ("١٣٨٠٠١٣٨٠٠٠", MOBILE),
        ("013800138000", MOBILE),
        ("010-62345678", "+861062345678"),
        ("(021) 6234 5678", "+862162345678"),
        ("0086 (0)10 6234 5678", "+861062345678"),
        ("400-800-8888", "+864008008888"),
        ("+1 415 555 2671", "+14155552671"),
        ("001-415-555-2671", "+14155552671"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("+852 2123 4567", "+85221234567"),
    ],
)
def test_phones(spelling: str, number: str) -> None:
    assert normalised_phone(spelling) == number
    assert normalised_phone(number) == number


@pytest.mark.parametrize(
    "text",
    [
        "1380013800",
        "138001380000",
        "12",
        "abc",
        "+",
        "电话13800138000",
        "13800138000 ext 5",
        "13800138000/13900139000",
        "138-0013-8000 转 12",
        "+999 123456",
        "1380013800o",
        "²13800138000",
        "1" * 40,
    ],
)
def test_what_is_no_phone(text: str) -> None:
    with pytest.raises(PydanticCustomError, match="phone"):
        normalised_phone(text)


@pytest.mark.parametrize(
    ("spelling", "address"),
    [
        ("Wang.Fang@Example.COM", "wang.fang@example.com"),
        ("ｗａｎｇ＠ｅｘａｍｐｌｅ．ｃｏｍ", "wang@example.com"),
        ("a+b@example.com", "a+b@example.com"),
        ("用户@例子.中国", "用户@例子.中国"),
        ("x@xn--fsqu00a.xn--fiqs8s", "x@例子.中国"),
    ],
)
def test_mails(spelling: str, address: str) -> None:
    assert normalised_email(spelling) == address
    assert normalised_email(address) == address


@pytest.mark.parametrize(
    "text", ["a", "a@", "@b.com", "a@b", "a b@c.com", "a@b..com", "a@[1.2.3.4]", '"a"@b.com']
)
def test_what_is_no_mail(text: str) -> None:
    with pytest.raises(PydanticCustomError, match="mail"):
        normalised_email(text)


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
def test_every_spelling_of_a_mobile_number_is_one_number(
    tail: int, gaps: list[str], prefix: str, wide: bool
) -> None:
    digits = f"138{tail:08d}"
    spelling = prefix + "".join(gap + digit for gap, digit in zip(gaps, digits, strict=True))
    if wide:
        spelling = spelling.translate(WIDE)
    assert normalised_phone(spelling) == f"+86{digits}"


@given(st.text(max_size=50))
@example("a@\ud7ff.com")
@example("\u0130@example.com")
def test_any_text_is_taken_or_refused_and_taken_once_and_for_all(text: str) -> None:
    for normalised in (normalised_phone, normalised_email):
        try:
            taken = normalised(text)
        except PydanticCustomError:
            continue
        assert normalised(taken) == taken
        assert unicodedata.normalize("NFC", taken) == taken


@given(local=st.text(min_size=1, max_size=10), domain=st.text(min_size=1, max_size=10))
def test_any_text_with_an_at_sign_too(local: str, domain: str) -> None:
    test_any_text_is_taken_or_refused_and_taken_once_and_for_all.hypothesis.inner_test(  # type: ignore[attr-defined]
        f"{local}@{domain}.com"
    )
