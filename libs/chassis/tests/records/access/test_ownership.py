"""Who becomes the owner where nobody is named: active people first, then who acts."""

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.ownership import Ownership, eligible_owner
from testkit.directory import Company, subject

LI, ZHOU, WU, STRANGER = subject("li"), subject("zhou"), subject("wu"), "erp"


@pytest.fixture
async def company(tx: AsyncConnection) -> Company:
    company = await Company(tx).build()
    await company.person("zhou", active=False)
    return company


CASES = [
    ([LI], WU, Ownership(LI)),
    ([LI, WU], WU, Ownership(LI)),
    ([None, LI], WU, Ownership(LI)),
    ([], WU, Ownership(WU)),
    ([None], None, Ownership(None)),
    ([ZHOU], WU, Ownership(WU, passed_over="zhou")),
    ([ZHOU, LI], WU, Ownership(LI, passed_over="zhou")),
    ([LI, ZHOU], WU, Ownership(LI)),
    ([ZHOU], None, Ownership(ZHOU)),  # nobody acts
    ([ZHOU], ZHOU, Ownership(ZHOU)),  # who acts is the same
    ([STRANGER], WU, Ownership(STRANGER)),  # the directory may learn of them later
]


@pytest.mark.parametrize(("intended", "acting", "expected"), CASES)
async def test_the_first_eligible_person_becomes_the_owner(
    tx: AsyncConnection,
    company: Company,
    intended: list[str | None],
    acting: str | None,
    expected: Ownership,
) -> None:
    assert await eligible_owner(tx, *intended, acting=acting) == expected
