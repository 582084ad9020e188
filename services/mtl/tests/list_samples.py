"""Rows that fill the lists of mtl when their query plans are checked."""

from testkit.filling import ListSample

# Every hundredth row has the same owner, so other values must not repeat in step with that.
# Names have eight letters, so that no single letter is rare among the rows with search words.
SAMPLES = {
    "leads": ListSample(
        columns={
            "status": "(ARRAY['RAW', 'MQL', 'SQL', 'INVALID', 'CONVERTED'])[1 + (n / 100) % 5]",
            "score": "(n / 100 * 37) % 101",
            # Of a thousand pools, some of them shared, and each has leads of many owners.
            "pool_id": "CASE WHEN n % 13 <> 5 THEN ('01990000-0000-7000-8000-'"
            " || lpad(to_hex(7 + (n / 100 * 37 + n) % 1000 * 50), 12, '0'))::uuid END",
            "name": "CASE WHEN n % 11 <> 3 THEN"
            " 'name ' || translate(md5((n % 4999)::text), '01234567', 'abcdef89') END",
            "company": "CASE WHEN n % 11 <> 4 THEN 'company ' || md5((n % 4999)::text) END",
        },
        filters={"tag": ("key", "unknown")},
    ),
    "pools": ListSample(columns={"members": "'[]'::jsonb", "admin_ids": "'[]'::jsonb"}),
    "captures": ListSample(
        columns={
            "event_digest": "decode(md5(n::text), 'hex')",
            "payload_digest": "decode(md5(n::text), 'hex')",
        }
    ),
    "follow-ups": ListSample(
        columns={"checklist": "'[]'::jsonb"}, filters={"done": ("true", "false")}
    ),
}
