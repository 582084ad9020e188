"""How alike two leads are: keys first, then company and person."""

from typing import Any

import pytest

from mtl.duplicates.domain.leads import DuplicateReason, likeness
from parties.company_names import parse_company_name
from services.mtl.tests.factories import make_lead

PHONE, MAIL = DuplicateReason.PHONE_EQUAL, DuplicateReason.EMAIL_EQUAL
COMPANY, OTHER = DuplicateReason.COMPANY_EQUAL, DuplicateReason.PERSON_OTHER
PERSON, SOUND = DuplicateReason.PERSON_EQUAL, DuplicateReason.COMPANY_SOUNDS_EQUAL
WANG = {"company": "杭州远景科技有限公司", "name": "王芳", "phone": "+8613800138000"}


@pytest.mark.parametrize(
    ("other", "score", "reasons"),
    [
        ({"company": None, "phone": WANG["phone"]}, 100, (PHONE,)),
        ({**WANG, "email": "w@example.com"}, 100, (PHONE, COMPANY, PERSON)),
        ({"company": "远景科技（杭州）", "name": "Wang Fang"}, 100, (COMPANY, PERSON)),
        ({"company": "远境科技", "name": "王芳"}, 95, (SOUND, PERSON)),
        ({"company": "远景科技"}, 95, (COMPANY,)),
        ({"company": "远景科技", "name": "李雷"}, 70, (COMPANY, OTHER)),
        ({"company": "上海远景科技有限公司", "name": "王芳"}, 70, (COMPANY, PERSON)),
        ({"company": None, "name": "王芳"}, 0, ()),
        ({"company": "宏图物流", "name": "王芳", "email": None}, 0, (PERSON,)),
    ],
)
def test_the_likeness_of_two_leads(
    other: dict[str, Any], score: int, reasons: tuple[DuplicateReason, ...]
) -> None:
    left, right = make_lead(**WANG), make_lead(**other)
    names = [
        None if one.company is None else parse_company_name(one.company) for one in (left, right)
    ]
    found = likeness(left, names[0], right, names[1])
    assert (found.score, found.reasons) == (score, reasons)
    assert found.is_same == (score >= 80)
    assert found.lead_id == right.id


def test_mails_count_as_keys() -> None:
    left, right = (make_lead(company=None, email="w@example.com") for _ in "ab")
    assert likeness(left, None, right, None).reasons == (MAIL,)
