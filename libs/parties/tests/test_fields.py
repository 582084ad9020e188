"""Field types of persons and companies: one stored form for every usual spelling."""

from collections.abc import Callable

import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from parties.fields import (
    RegionCode,
    Uscc,
    normalize_uscc,
    normalize_website,
    normalize_wechat_id,
)


@pytest.mark.parametrize(
    ("normalize", "spelling", "stored"),
    [
        (normalize_uscc, " 9111 0000 6000 3734 1l", "91110000600037341L"),
        (normalize_website, "www.example.com", "https://www.example.com"),
        (normalize_website, "HTTP://Example.COM/Über", "http://example.com/%C3%9Cber"),
        (normalize_website, "https://例子.中国/", "https://xn--fsqu00a.xn--fiqs8s"),
        (normalize_website, "example.com/?a=1", "https://example.com/?a=1"),
        (normalize_wechat_id, "Wang_Fang-88", "wang_fang-88"),
    ],
)
def test_a_spelling_is_stored_in_one_form(
    normalize: Callable[[str], str], spelling: str, stored: str
) -> None:
    assert normalize(spelling) == stored
    assert normalize(stored) == stored


@pytest.mark.parametrize(
    ("normalize", "spelling", "code"),
    [
        (normalize_uscc, "91110000600037341M", "USCC_INVALID"),  # a wrong check digit
        (normalize_uscc, "110000600037341", "USCC_INVALID"),
        (normalize_website, "javascript:alert(1)", "WEBSITE_INVALID"),
        (normalize_website, "ftp://example.com", "WEBSITE_INVALID"),
        (normalize_website, "localhost", "WEBSITE_INVALID"),
        (normalize_website, "https://user:secret@example.com", "WEBSITE_INVALID"),
        (normalize_website, "no address", "WEBSITE_INVALID"),
        (normalize_wechat_id, "王芳", "WECHAT_ID_INVALID"),
        (normalize_wechat_id, "ab", "WECHAT_ID_INVALID"),
        (normalize_wechat_id, "a" * 21, "WECHAT_ID_INVALID"),
    ],
)
def test_another_text_is_refused(normalize: Callable[[str], str], spelling: str, code: str) -> None:
    with pytest.raises(PydanticCustomError) as refused:
        normalize(spelling)
    assert refused.value.type == code


def test_a_region_is_one_of_today() -> None:
    adapter = TypeAdapter(RegionCode)
    assert [adapter.validate_python(code) for code in ("330000", "330100", "330106")] == [
        "330000",
        "330100",
        "330106",
    ]
    for code in ("330103", "999999", "33010"):  # a district until 2021, none, too short
        with pytest.raises(ValidationError):
            adapter.validate_python(code)
    with pytest.raises(ValidationError):
        TypeAdapter(Uscc).validate_python("")
