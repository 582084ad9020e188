"""How alike two leads are: keys first, then company and person."""

from typing import Any

import pytest

from kernel.ids import new_id
from mtl.duplicates.domain.leads import DuplicateReason, KnownLead, likeness
from parties.company_names import parse_company_name
from services.mtl.tests.factories import NOON, make_lead

PHONE, MAIL = DuplicateReason.PHONE_EQUAL, DuplicateReason.EMAIL_EQUAL
COMPANY, OTHER = DuplicateReason.COMPANY_EQUAL, DuplicateReason.PERSON_OTHER
PERSON, SOUND = DuplicateReason.PERSON_EQUAL, DuplicateReason.COMPANY_SOUNDS_EQUAL
WANG = {"company": "杭州远景科技有限公司", "name": "王芳"}


@pytest.mark.parametrize(
    ("other", "score", "reasons"),
    [
        ({"shared": {"phone"}}, 100, (PHONE,)),
        ({**WANG, "shared": {"email", "phone"}}, 100, (PHONE, MAIL, COMPANY, PERSON)),
        ({"company": "远景科技（杭州）", "name": "Wang Fang"}, 100, (COMPANY, PERSON)),
        ({"company": "远境科技", "name": "王芳"}, 95, (SOUND, PERSON)),
        ({"company": "远景科技"}, 95, (COMPANY,)),
        ({"company": "远景科技", "name": "李雷"}, 70, (COMPANY, OTHER)),
        ({"company": "上海远景科技有限公司", "name": "王芳"}, 70, (COMPANY, PERSON)),
        ({"name": "王芳"}, 0, ()),
        ({"company": "宏图物流", "name": "王芳"}, 0, (PERSON,)),
    ],
)
def test_the_likeness_of_two_leads(
    other: dict[str, Any], score: int, reasons: tuple[DuplicateReason, ...]
) -> None:
    known = KnownLead(id=new_id(), created_at=NOON, **other)
    found = likeness(make_lead(**WANG), parse_company_name(WANG["company"]), known)
    assert (found.score, found.reasons) == (score, reasons)
    assert found.is_same == (score >= 80)
    assert found.lead_id == known.id
