"""Rows that fill the lists of desk when their query plans are checked."""

from testkit.filling import ListSample

SAMPLES = {
    "message-bans": ListSample(columns={"address_digest": "decode(md5(n::text), 'hex')"}),
}
