"""The limits that follow from several quotas."""

from mtl.claims.domain import ClaimRoom, ClaimUse, claim_room
from mtl.quotas.domain import Limits, NearQuota, limits_from


def test_each_limit_is_the_nearest_one() -> None:
    everybody, department, person = (
        NearQuota(1000, 50, 3),
        NearQuota(1, 80, None),
        NearQuota(0, None, 5),
    )
    assert limits_from([everybody, department, person]) == Limits(80, 5)
    assert limits_from([everybody]) == Limits(50, 3)
    assert limits_from([]) == Limits(None, None)


def test_of_two_equally_near_the_smaller_counts() -> None:
    assert limits_from([NearQuota(0, 10, 7), NearQuota(0, 20, 5)]) == Limits(10, 5)
    assert limits_from([NearQuota(0, 0, None), NearQuota(1, 20, None)]) == Limits(0, None)


def test_the_tightest_limit_leaves_the_room() -> None:
    use = ClaimUse(held=49, claimed=3, claimed_from_pool=2)
    assert claim_room(Limits(50, 10), 5, use) == ClaimRoom(1, "HOLDING_FULL")
    assert claim_room(Limits(None, 3), 5, use) == ClaimRoom(0, "CLAIMS_USED_UP")
    assert claim_room(Limits(), 2, use) == ClaimRoom(0, "POOL_CLAIMS_USED_UP")
    assert claim_room(Limits(), None, use) == ClaimRoom()
    assert claim_room(Limits(40, None), None, use) == ClaimRoom(0, "HOLDING_FULL")
