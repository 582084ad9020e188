"""Rows that fill the lists of l2o when their query plans are checked."""

from chassis.records.search.record_keys import key_grams
from kernel.ids import new_id
from l2o.accounts.domain import AccountKind, kind_keys
from testkit.filling import ListSample

# Every hundredth row has the same owner, so other values must not repeat in step with that.
NAME = "'name ' || md5((n % 4999)::text)"
PHONE = "CASE WHEN n % 11 <> 5 THEN '+86138' || lpad((n::bigint * 7919)::text, 8, '0') END"

# Every twentieth account is a supplier, all others are customers; there are no distributors.
CUSTOMER, SUPPLIER = (
    key_grams(kind_keys([kind]))[0] for kind in (AccountKind.CUSTOMER, AccountKind.SUPPLIER)
)
KINDS = (
    "INSERT INTO search_grams (tenant_id, resource, gram, id)"
    " SELECT tenant_id, 'l2o.account', CASE WHEN get_byte(uuid_send(id), 15) % 20 = 3"
    f" THEN '{SUPPLIER}' ELSE '{CUSTOMER}' END, id FROM accounts"
)

SAMPLES = {
    "accounts": ListSample(
        columns={
            "name": NAME,
            "phone": PHONE,
            "industry": "CASE WHEN n % 11 <> 3 THEN 'industry ' || md5(((n / 100) % 12)::text) END",
            "country": "CASE WHEN n % 11 <> 4"
            " THEN (ARRAY['CN', 'US', 'DE', 'JP'])[1 + (n / 100) % 4] END",
            "region_code": "CASE WHEN n % 11 <> 6"
            " THEN lpad((110000 + (n::bigint * 7919) % 540000)::text, 6, '0') END",
            "employees": "CASE WHEN n % 11 <> 7 THEN (n::bigint * 7919) % 5000 END",
            "grade": "CASE WHEN n % 11 <> 8"
            " THEN (ARRAY['A', 'B', 'C', 'D'])[1 + (n / 100) % 4] END",
            "segment": "CASE WHEN n % 11 <> 9 THEN 'segment ' || md5(((n / 100) % 12)::text) END",
            "sales_process": "CASE WHEN n % 11 <> 10 THEN 'P' || (n / 100) % 5 END",
            "review_days": "CASE WHEN n % 11 <> 1 THEN 30 + (n::bigint * 7919) % 307 END",
            "reviewed_at": "CASE WHEN n % 11 <> 2 THEN timestamptz '2024-01-01 00:00+00'"
            " + (n::bigint * 7919 % 701) * interval '1 day' END",
        },
        filters={
            "region": ("330100", "330106"),
            "kind": ("DISTRIBUTOR", "SUPPLIER", "CUSTOMER"),
            "tag": ("key", "unknown"),
            "review_due": ("true", "false"),
        },
        further={"search_grams": KINDS},
    ),
    "activities": ListSample(
        columns={
            "kind": "(ARRAY['CALL', 'MAIL', 'MEETING', 'NOTE'])[1 + (n / 100) % 4]",
            "direction": "(ARRAY['OUTGOING', 'INCOMING'])[1 + (n / 100) % 2]",
            "result": "CASE WHEN n % 11 <> 5"
            " THEN (ARRAY['POSITIVE', 'NEUTRAL'])[1 + (n / 100) % 2] END",
            "subject": NAME,
        },
        filters={
            "done": ("true", "false"),
            "contact_id": [new_id()],
            "participant_id": ["somebody"],
        },
    ),
    "contacts": ListSample(
        columns={
            "name": NAME,
            "roles": "ARRAY['BUYER']",
            "is_primary": "(n / 100) % 2 = 0",
        }
    ),
    "opportunities": ListSample(
        columns={
            "name": NAME,
            "stage": "(ARRAY['FIRST_CONTACT', 'SOLUTION', 'QUOTATION', 'WON'])[1 + (n / 100) % 4]",
        }
    ),
}
