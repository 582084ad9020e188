"""What a file is follows from its bytes; its name decides only between types that look alike."""

import io
import zipfile

import pytest

from desk.file_settings.domain.media_types import DEFAULT_TYPES, is_admitted
from desk.files.actions.content_types import media_type_of

OFFICE = "application/vnd.openxmlformats-officedocument."
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)


def a_docx() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w/>" * 100)
    return content.getvalue()


@pytest.mark.parametrize(
    ("head", "name", "expected"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "a.pdf", "application/pdf"),
        (b"%PDF-1.7\n", "a.docx", "application/pdf"),
        (a_docx(), "a.docx", f"{OFFICE}wordprocessingml.document"),
        (a_docx(), "a.pdf", "application/zip"),
        (a_docx(), "a.xlsx", f"{OFFICE}spreadsheetml.sheet"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(30), "x", "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(40), "a.jpg", "image/jpeg"),
        (OLE, "a.xls", "application/vnd.ms-excel"),
        (OLE, "a.doc", "application/msword"),
        (b"Rar!\x1a\x07\x00" + bytes(60), "a.rar", "application/vnd.rar"),
        ("姓名,电话\n王芳,138\n".encode(), "a.csv", "text/csv"),
        ("姓名,电话\n王芳,138\n".encode("gb18030"), "a.csv", "text/csv"),
        ("合同".encode() * 4096, "a.txt", "text/plain"),
        (b'{"a": 1}', "a.json", "application/json"),
        (b"From: a@b.c\nTo: x@y.z\nSubject: s\n\nhi", "a.eml", "message/rfc822"),
    ],
)
def test_usual_files_are_recognized_and_admitted(head: bytes, name: str, expected: str) -> None:
    found = media_type_of(head, name)
    assert found == expected
    assert is_admitted(found, DEFAULT_TYPES)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"MZ\x90\0" + bytes(100), "a.pdf"),
        (b"\x7fELF" + bytes(100), "a.pdf"),
        (b"<!DOCTYPE html><html><script>alert(1)</script>", "a.pdf"),
        (b"hello <ScRiPt src=x>", "a.txt"),
        (b"a,b\n1,<svg onload=alert(1)>", "a.csv"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "a.png"),
        (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', "a.xml"),
        (b"#!/bin/sh\nrm -rf /", "a.txt"),
        (b"<?php system($_GET[0]);", "a.jpg"),
        (bytes(range(256)), "a.pdf"),
        (b"\0\1\2\3", "a.txt"),
        (b"\x80", ""),
    ],
)
def test_what_could_run_or_is_unknown_is_not_admitted_under_any_name(
    head: bytes, name: str
) -> None:
    assert not is_admitted(media_type_of(head, name), DEFAULT_TYPES)


def test_every_length_of_a_cut_off_text_is_text() -> None:
    text = "合同扫描件".encode()
    assert {media_type_of(text[:n], "a.txt") for n in range(3, len(text))} == {"text/plain"}
