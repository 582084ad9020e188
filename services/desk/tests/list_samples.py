"""Rows that fill the lists of desk when their query plans are checked."""

from testkit.filling import ListSample

SAMPLES = {
    "message-bans": ListSample(columns={"address_digest": "decode(md5(n::text), 'hex')"}),
    "approvals": ListSample(
        columns={"plan": """'{"branch": "main", "steps": [], "fallback": null}'::jsonb"""}
    ),
    # The request of a seat has the same number.
    "approval-tasks": ListSample(
        columns={"approval_id": "('01990000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"}
    ),
}
