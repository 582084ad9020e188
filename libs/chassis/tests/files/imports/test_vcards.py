"""Cards as phones and address books write them, one row each."""

import quopri

import pytest

from chassis.files.formats.code_pages import Encoding
from chassis.files.formats.findings import UnreadableFile
from chassis.files.formats.reader import detect_format, read_file
from chassis.files.formats.rows import FileFormat, is_text


def card(*lines: str, version: str = "3.0") -> str:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])


def rows(content: bytes | str) -> list[dict[str, str]]:
    """Read a file; each row by its columns, without blank cells."""
    file = read_file(content.encode() if isinstance(content, str) else content)
    return [
        {name: cell for name, cell in zip(file.header, row.cells, strict=True) if cell}
        for row in file.rows
        if row.cells is not None
    ]


def quoted(text: str, encoding: str) -> str:
    return quopri.encodestring(text.encode(encoding)).decode().replace("\n", "\r\n")


def test_a_card_of_version_3() -> None:
    content = card(
        "N:王;芳;;;",
        "FN:王芳",
        "ORG:杭州远景科技有限公司;信息部",
        "TITLE:信息化主管",
        "TEL;TYPE=CELL,VOICE:138 0013 8000",
        "TEL;TYPE=WORK,VOICE:0571-88886666",
        "TEL;TYPE=WORK,FAX:0571-88886667",
        "EMAIL;TYPE=INTERNET:w.fang@example.com",
        "ADR;TYPE=WORK:;;文三路 1 号;杭州市;浙江省;310012;中国",
        "URL:https://www.example.com",
        "NOTE:展会认识\\, 要报价\\n下周回电",
        "X-WECHAT:wangfang88",
        "PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQ",
        " AAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBk",
    )
    assert detect_format(content.encode()) is FileFormat.VCARD
    assert rows(content) == [
        {
            "name": "王芳",
            "title": "信息化主管",
            "department": "信息部",
            "company": "杭州远景科技有限公司",
            "phone": "138 0013 8000",
            "work phone": "0571-88886666",
            "email": "w.fang@example.com",
            "wechat": "wangfang88",
            "website": "https://www.example.com",
            "country": "中国",
            "address": "浙江省杭州市文三路 1 号",
            "description": "展会认识, 要报价\n下周回电",
        }
    ]


def test_a_card_of_version_4_with_groups_and_preferences() -> None:
    content = card(
        "N:Doe;Jane;Ann;;",
        'item1.TEL;VALUE=uri;TYPE="voice,home":tel:+1-555-010-1234',
        "item2.TEL;VALUE=uri;PREF=1;TYPE=cell:tel:+1-555-010-9999",
        "EMAIL:old@example.com",
        "EMAIL;PREF=1:new@example.com",
        "ADR:;;1 Main Street;Springfield;IL;62701;US",
        "IMPP:weixin:jane_doe",
        version="4.0",
    )
    assert rows(content) == [
        {
            "name": "Jane Ann Doe",
            "phone": "+1-555-010-9999",
            "other phone": "+1-555-010-1234",
            "email": "new@example.com",
            "other email": "old@example.com",
            "wechat": "jane_doe",
            "country": "US",
            "address": "1 Main Street, Springfield, IL 62701",
        }
    ]


@pytest.mark.parametrize(
    ("charset", "codec"), [("UTF-8", "utf-8"), ("GBK", "gbk"), ("gb2312", "gb2312")]
)
def test_a_card_of_a_phone_in_quoted_printable(charset: str, codec: str) -> None:
    company = "杭州远景科技有限公司" * 4
    content = card(
        f"N;CHARSET={charset};ENCODING=QUOTED-PRINTABLE:" + quoted("王;芳", codec) + ";;;",
        f"ORG;ENCODING=QUOTED-PRINTABLE;CHARSET={charset}:" + quoted(company, codec),
        f"NOTE;QUOTED-PRINTABLE;CHARSET={charset}:"
        + "=0D=0A".join(quoted(line, codec) for line in ("第一行", "第二行")),
        "TEL;CELL;PREF:13800138000",
        "TEL;WORK:0571-88886666",
        version="2.1",
    )
    assert "=\r\n" in content
    [row] = rows(content)
    assert (row["name"], row["company"]) == ("王芳", company)
    assert row["description"].split() == ["第一行", "第二行"]
    assert (row["phone"], row["work phone"]) == ("13800138000", "0571-88886666")


def test_a_file_of_another_encoding_is_read_as_its_bytes_say() -> None:
    content = "".join(
        card(f"FN:{name}", "ORG:杭州远景科技有限公司;信息部", "TITLE:信息化主管")
        for name in ("王芳", "李娜", "张伟")
    )
    for codec, encoding in (("gb18030", Encoding.GB18030), ("utf-16", Encoding.UTF_16)):
        file = read_file(content.encode(codec), languages=["zh-CN"])
        assert file.encoding is encoding
        names = [row.cells[0] for row in file.rows if row.cells]
        assert names == ["王芳", "李娜", "张伟"]
    with_mark = read_file(b"\xef\xbb\xbf" + content.encode())
    assert len(list(with_mark.rows)) == 3


def test_bytes_that_are_not_in_their_charset_are_noticed() -> None:
    [row] = rows(card("FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=CD=F5=B7=BC", "TITLE:a"))
    assert not is_text(row["name"])
    [unknown] = rows(card("FN;CHARSET=x-none;ENCODING=QUOTED-PRINTABLE:=E7=8E=8B", "TITLE:a"))
    assert unknown["name"] == "王"


def test_a_card_that_does_not_end_is_a_malformed_row() -> None:
    content = "BEGIN:VCARD\r\nFN:a\r\n" + card("FN:b") + "BEGIN:VCARD\nFN:c"
    file = read_file(content.encode())
    found = [(row.number, row.cells) for row in file.rows]
    assert found == [(1, None), (3, ["b"]), (7, None)]


@pytest.mark.parametrize(
    "content", ["BEGIN:VCARD", card(), card("PHOTO:x"), "BEGIN:VCARD\n" * 1_000, "begin : vcard\n"]
)
def test_a_file_without_any_value_is_empty(content: str) -> None:
    assert detect_format(content.encode()) is FileFormat.VCARD
    with pytest.raises(UnreadableFile) as unreadable:
        read_file(content.encode())
    assert [one.code for one in unreadable.value.findings] == ["FILE_EMPTY"]


@pytest.mark.parametrize(
    "line",
    [
        ":", ";:", "TEL", "TEL;:", 'TEL;TYPE="a:1', "N:", "ADR:;;;;;;;;;;;;", "ORG:;;;", "\\",
        "EMAIL;=:x", "FN;ENCODING=QUOTED-PRINTABLE:=ZZ=\u738b",
    ],
)  # fmt: skip
def test_lines_that_nobody_should_write_are_read(line: str) -> None:
    assert [row["title"] for row in rows(card(line, "TITLE:a"))] == ["a"]
