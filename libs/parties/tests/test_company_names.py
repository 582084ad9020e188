"""Company names in parts."""

import pytest

from parties.company_names import CompanyName, parse_company_name


@pytest.mark.parametrize(
    ("name", "brand", "line", "region"),
    [
        ("杭州远景科技有限公司", "远景", "科技", "330100"),
        ("浙江省杭州市远景（集团）科技股份有限公司", "远景", "科技", "330100"),
        ("远景科技（杭州）有限公司", "远景", "科技", "330100"),
        ("遠景科技", "远景", "科技", None),
        ("上海远景国际贸易集团有限公司", "远景", "国际贸易", "310000"),
        ("中国石油化工股份有限公司", "石油", "化工", None),
        ("ＡＢＣ电子有限公司", "abc", "电子", None),
        ("沈阳安康邦农业发展有限公司", "安康邦", "农业发展", "210100"),
        ("北京科技有限公司", "科技", "", "110000"),
        ("远景", "远景", "", None),
        ("有限公司", "有限公司", "", None),
        ("", "", "", None),
    ],
)
def test_a_chinese_name_has_region_brand_line_and_legal_form(
    name: str, brand: str, line: str, region: str | None
) -> None:
    parsed = parse_company_name(name)
    assert (parsed.brand, parsed.line, parsed.region) == (brand, line, region)


@pytest.mark.parametrize(
    ("name", "words", "line", "region"),
    [
        ("Hangzhou Bright Stone Foods Co., Ltd.", ("bright", "stone"), "foods", "330100"),
        ("Bright Stone Foods (Hangzhou) Limited", ("bright", "stone"), "foods", "330100"),
        ("The BRIGHT-STONE Group", ("bright", "stone"), "", None),
        ("Software AG", ("software",), "", None),
        ("Shanghai Ltd", ("shanghai",), "", "310000"),
        ("3M Company", ("3m",), "", None),
    ],
)
def test_a_latin_name_has_words_line_and_place(
    name: str, words: tuple[str, ...], line: str, region: str | None
) -> None:
    parsed = parse_company_name(name)
    assert parsed == CompanyName("".join(words), line, region, words)


def test_a_brand_sounds_like_its_pinyin() -> None:
    assert parse_company_name("华为技术有限公司").sound == "huawei"
    assert parse_company_name("Huawei Technologies Co., Ltd.").sound == "huawei"
