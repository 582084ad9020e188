"""Rows that fill the lists of rms when their query plans are checked."""

from testkit.filling import ListSample

# Every hundredth row has the same owner, so other values must not repeat in step with that.
ACCOUNT_NAME = "'account ' || md5((n % 4999)::text)"
# The n-th receivable is of the n-th order, which has its owner.
ORDER_ID = "('01990000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
CURRENCY = "(ARRAY['CNY', 'USD', 'EUR'])[1 + (n / 100) % 3]"

SAMPLES = {
    "orders": ListSample(
        columns={
            "payment_term": """'{"code": "X", "instalments": []}'::jsonb""",
            "status": "(ARRAY['OPEN', 'CONFIRMED', 'SHIPPED', 'CANCELLED'])[1 + (n / 100) % 4]",
            "account_name": ACCOUNT_NAME,
            "gross_total_currency": CURRENCY,
            "shipped_total": "0",
            "cancelled_total": "0",
            "prepaid_total": "0",
        }
    ),
    "receivables": ListSample(
        columns={
            "order_id": ORDER_ID,
            "status": "(ARRAY['OPEN', 'PARTLY_SETTLED', 'SETTLED'])[1 + (n / 100) % 3]",
            "account_name": ACCOUNT_NAME,
            "amount_currency": CURRENCY,
            "allocated_currency": CURRENCY,
            "allocated": "0",
            "withdrawn": "0",
            "kind": "CASE WHEN n % 7 = 3 THEN 'PREPAYMENT' ELSE 'SHIPMENT' END",
            "shipment_id": "CASE WHEN n % 7 <> 3 THEN md5(n::text)::uuid END",
        }
    ),
    "payments": ListSample(
        columns={
            "status": "(ARRAY['UNALLOCATED', 'ALLOCATED', 'REVERSED'])[1 + (n / 100) % 3]",
            "account_name": ACCOUNT_NAME,
            "amount_currency": CURRENCY,
            "allocated_currency": CURRENCY,
            "allocated": "0",
            "returned": "0",
        }
    ),
    "payment-terms": ListSample(
        columns={
            "instalments": "'[]'::jsonb",
            "active": "n % 3 <> 1",
            "is_default": "false",
        }
    ),
}
