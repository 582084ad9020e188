"""The source that attempts are counted by."""

import pytest

from chassis.web.client_address import source_from_address


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::9", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_ipv6_addresses_are_counted_by_their_64_bit_network(address: str, source: str) -> None:
    assert source_from_address(address) == source
