"""Recognizing the encoding of a CSV file, with the bytes that spreadsheets write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.files.formats.code_pages import Encoding, encoding_name
from chassis.files.formats.encodings import (
    candidate_encodings,
    decode_text,
    first_lines_by_encoding,
)
from chassis.files.formats.findings import UnreadableFile
from chassis.files.formats.reader import read_file

GERMAN = "name,company\nPeter Müller,Müller GmbH\n"
JAPANESE = "name,company\n田中太郎,株式会社田中\n"
TRADITIONAL = "姓名,公司\n陳志明,台灣積體電路製造股份有限公司\n"
CZECH_AND_POLISH = "name,company\nŁukasz Wójcik,Spółka Łódź\nJiří Dvořák,Škoda\n"
CHINESE = "姓名,手机\n王芳,13800138000\n"
RUSSIAN = "имя,компания\nИван Петров,Газпром\n"
GREEK = "όνομα,πόλη\nΓιώργος,Αθήνα\n"
HEBREW = "שם,חברה\nדוד כהן,אלביט\n"
THAI = "ชื่อ,บริษัท\nสมชาย ใจดี,ปตท\n"
TURKISH = "isim,şirket\nAyşe Yıldız,Koç\n"
CHINESE_TENANT = ("zh-CN", "en")


def refusal(
    content: bytes, *languages: str, declared: Encoding | None = None
) -> tuple[str, list[str]]:
    with pytest.raises(UnreadableFile) as unreadable:
        decode_text(content, declared, languages)
    [finding] = unreadable.value.findings
    return finding.code, finding.params["encodings"]


@pytest.mark.parametrize("languages", [CHINESE_TENANT, ("zh-CN",), ("en",)])
@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [
        (GERMAN, "cp1252", Encoding.WINDOWS_1252),
        (CHINESE, "utf-8", Encoding.UTF_8),
        (CHINESE, "utf-8-sig", Encoding.UTF_8),
        (CHINESE, "utf-16", Encoding.UTF_16),
    ],
)
def test_the_bytes_of_other_code_pages_are_recognized(
    text: str, codec: str, encoding: Encoding, languages: tuple[str, ...]
) -> None:
    decoded = decode_text(text.encode(codec), None, languages)
    assert (decoded.encoding, decoded.text) == (encoding, text)


@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [(JAPANESE, "cp932", Encoding.SHIFT_JIS), (TRADITIONAL, "big5", Encoding.BIG5)],
)
def test_an_east_asian_encoding_is_believed_in_its_language_only(
    text: str, codec: str, encoding: Encoding
) -> None:
    content = text.encode(codec)
    assert refusal(content, "en")[0] == "FILE_ENCODING_DOUBTFUL"
    assert encoding in candidate_encodings(content, ["en"])
    language = "ja" if encoding is Encoding.SHIFT_JIS else "zh-CN"
    assert decode_text(content, None, [language]).encoding is encoding
    assert decode_text(TRADITIONAL.encode("big5"), None, CHINESE_TENANT).text == TRADITIONAL


@pytest.mark.parametrize("languages", [CHINESE_TENANT, ("en",), ("zh-CN",)])
@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("name,company\nŁukasz Wiśniewski,Kraków\nJiří Dvořák,Č\n", "iso8859_2"),
        ("name\nŁukasz Wiśniewski\nKraków\n", "cp1250"),
        ("name\nKrzysztof Kamiński\n", "cp1250"),
        ("name\nMichał\nPaweł\n", "cp1250"),
        ("name\nDvořák\n", "cp1250"),
        ("name\nPetrović\n", "cp1250"),
        ("name\nŞükrü Yıldız\n", "cp1254"),
        ("name\nAyşe Çağlar\n", "cp1254"),
        ("name\nMüller\n", "mac_roman"),
        ("name\nJosé García\n", "mac_roman"),
        ("name\nMüller\n", "cp437"),
        ("name\nJürgen Schröder\nKäthe Größe\n", "cp437"),
    ],
)
def test_bytes_that_only_look_western_are_refused(
    text: str, codec: str, languages: tuple[str, ...]
) -> None:
    code, names = refusal(text.encode(codec), *languages)
    assert (code, len(names) > 1) == ("FILE_ENCODING_DOUBTFUL", True)
    named = [one for one in Encoding if encoding_name(one) in names]
    of_names = [decode_text(text.encode(codec), one).text for one in named]
    assert text in of_names or codec == "cp437"  # which cannot be declared


@pytest.mark.parametrize(
    "text",
    [
        "José García Núñez, España",
        "João Gonçalves Simões, São Paulo",
        "François Lefèvre, Crème Brûlée",
        "Sørensen Kjærsgård, Ærø",
        "Åse Ångström, Björk",
        "O’Brien, L’Oréal, McDonald’s",
        "Nicolò, Forlì",
        "Käthe Größe, “x” – 5 €",
        "Loïc Citroën, Wien–Berlin",
    ],
)
def test_western_names_need_no_declaration(text: str) -> None:
    decoded = decode_text(f"name\n{text}\n".encode("cp1252"), None, CHINESE_TENANT)
    assert (decoded.encoding, decoded.text) == (Encoding.WINDOWS_1252, f"name\n{text}\n")


def test_dos_letters_are_no_japanese() -> None:
    assert refusal("name\nMüller\n".encode("cp437"), "ja")[0] == "FILE_ENCODING_DOUBTFUL"


def test_polish_beside_english_is_believed() -> None:
    content = CZECH_AND_POLISH.encode("cp1250")
    assert decode_text(content, None, ("en", "pl")).text == CZECH_AND_POLISH


@pytest.mark.parametrize(
    "text",
    [
        CHINESE,
        "name,phone\n王芳,13800138000\n",
        "name,company\nWang Fang 王芳,ABB（中国）有限公司\n",
        "名称\nvip客户\n微信app版\n上海e店\n",
        "name,company\nJosé,北京工业大学\n",
    ],
)
def test_gb18030_needs_no_declaration_in_a_chinese_tenant(text: str) -> None:
    decoded = decode_text(text.encode("gb18030"), None, CHINESE_TENANT)
    assert (decoded.encoding, decoded.text) == (Encoding.GB18030, text)


@pytest.mark.parametrize(
    ("text", "codec", "languages", "expected"),
    [
        ("name\nNuñez\n", "cp1252", ("en",), Encoding.WINDOWS_1252),
        ("氏名\n山田花子\n", "euc_jp", ("ja",), Encoding.EUC_JP),
        ("이름,회사\n김철수,삼성전자\n", "cp949", ("ko",), Encoding.EUC_KR),
        ("姓名\n陳志明\n", "big5", ("zh-TW",), Encoding.BIG5),
        (CZECH_AND_POLISH, "iso8859_2", ("pl",), Encoding.ISO_8859_2),
        (CZECH_AND_POLISH, "cp1250", ("cs", "zh-CN"), Encoding.WINDOWS_1250),
        (RUSSIAN, "cp1251", ("zh-CN", "ru"), Encoding.WINDOWS_1251),
        (GREEK, "cp1253", ("el",), Encoding.WINDOWS_1253),
        (HEBREW, "cp1255", ("he", "en"), Encoding.WINDOWS_1255),
        (THAI, "cp874", ("th",), Encoding.WINDOWS_874),
        (TURKISH, "cp1254", ("tr",), Encoding.WINDOWS_1254),
    ],
)
def test_the_languages_of_the_tenant_decide_between_plausible_encodings(
    text: str, codec: str, languages: tuple[str, ...], expected: Encoding
) -> None:
    decoded = decode_text(text.encode(codec), None, languages)
    assert (decoded.encoding, decoded.text) == (expected, text)


def test_a_doubtful_encoding_is_refused_with_the_ones_that_can_be_declared() -> None:
    spanish = "name\nNuñez\n".encode("cp1252")  # Nuńez in windows-1250
    assert refusal(spanish, "zh-CN") == (
        "FILE_ENCODING_DOUBTFUL",
        ["windows-1252", "windows-1250"],
    )
    korean = "이름,회사\n김철수,삼성전자\n".encode("cp949")  # characters of GB 2312, too
    code, names = refusal(korean, *CHINESE_TENANT)
    assert (code, "EUC-KR" in names) == ("FILE_ENCODING_DOUBTFUL", True)
    assert decode_text(korean, Encoding.EUC_KR).text.startswith("이름")
    lines = first_lines_by_encoding(spanish, ["zh-CN"])
    assert lines == {Encoding.WINDOWS_1252: ["Nuñez"], Encoding.WINDOWS_1250: ["Nuńez"]}


@pytest.mark.parametrize("languages", [CHINESE_TENANT, ("zh-CN",), ("en",)])
@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [
        (CZECH_AND_POLISH, "iso8859_2", Encoding.ISO_8859_2),
        (CZECH_AND_POLISH, "cp1250", Encoding.WINDOWS_1250),
        (RUSSIAN, "cp1251", Encoding.WINDOWS_1251),
        (GREEK, "cp1253", Encoding.WINDOWS_1253),
        (HEBREW, "cp1255", Encoding.WINDOWS_1255),
        (THAI, "cp874", Encoding.WINDOWS_874),
    ],
)
def test_other_scripts_are_declared_or_languages_of_the_tenant(
    text: str, codec: str, encoding: Encoding, languages: tuple[str, ...]
) -> None:
    content = text.encode(codec)
    assert refusal(content, *languages)[0] == "FILE_ENCODING_DOUBTFUL"
    assert decode_text(content, encoding, languages).text == text


def test_a_declared_encoding_is_not_guessed() -> None:
    for codec, encoding in (("cp1252", Encoding.WINDOWS_1252), ("utf-8", Encoding.UTF_8)):
        assert decode_text(GERMAN.encode(codec), encoding, CHINESE_TENANT).text == GERMAN
    code, names = refusal(GERMAN.encode("cp1252"), "zh-CN", declared=Encoding.UTF_8)
    assert (code, names[:3]) == ("FILE_ENCODING_WRONG", ["UTF-8", "UTF-16", "GB18030"])
    private = "\ue000\n".encode("cp932")
    assert refusal(private, "zh-CN", declared=Encoding.SHIFT_JIS)[0] == "FILE_ENCODING_WRONG"
    assert refusal(private, "zh-CN")[0] == "FILE_ENCODING_DOUBTFUL"


def test_a_few_broken_rows_do_not_change_a_declared_encoding() -> None:
    content = "王芳\n李雷\n".encode("gb18030") + b"\xff\n"
    assert decode_text(content, Encoding.GB18030).text == "王芳\n李雷\n\udcff\n"


@given(st.binary(max_size=60), st.sampled_from([(), CHINESE_TENANT, ("ja",), ("ru", "pl")]))
def test_any_bytes_are_decoded_without_private_use_characters_or_refused(
    content: bytes, languages: tuple[str, ...]
) -> None:
    try:
        decoded = decode_text(content, None, languages)
    except UnreadableFile:
        return
    if decoded.encoding not in (Encoding.UTF_8, Encoding.UTF_16):
        assert not any("\ue000" <= one <= "\uf8ff" for one in decoded.text)
        assert decoded.encoding in candidate_encodings(content, languages)


@pytest.mark.parametrize("beginning", ["\n", "\r\n\r\n", " \t\n", ",,\n"])
def test_blank_lines_before_the_header_are_skipped(beginning: str) -> None:
    source = read_file(f"{beginning}name;phone\n王芳;1\n".replace(";", ",").encode())
    [row] = source.rows
    assert (list(source.header), row.cells) == (["name", "phone"], ["王芳", "1"])
    assert row.number == 2 + beginning.count("\n")
    assert list(read_file(f'{beginning.strip(",")}{{"a": 1}}\n'.encode()).header) == ["a"]
