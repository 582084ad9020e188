"""Names of persons in Chinese, pinyin and other Latin letters."""

import pytest

from parties.person_names import is_same_person


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [
        ("王芳", "王 芳", True),
        ("王芳", "Wang Fang", True),
        ("王芳", "FANG WANG", True),
        ("欧阳娜娜", "Ouyang Nana", True),
        ("陳偉", "陈伟", True),
        ("王芳", "王方", False),  # sounds the same, and is another name
        ("王芳", "王芳芳", False),
        ("王芳", "Wang Fei", False),
        ("José García", "GARCIA, Jose", True),
        ("O'Neil Pat", "Pat O’Neil", True),
        ("Ann Lee", "Anna Lee", False),
        ("", "王芳", False),
        ("", "", True),
    ],
)
def test_two_names_of_one_person(name: str, other: str, same: bool) -> None:
    assert is_same_person(name, other) is same
    assert is_same_person(other, name) is same
