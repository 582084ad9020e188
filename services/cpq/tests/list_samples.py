"""Rows that fill the lists of cpq when their query plans are checked."""

from cpq.quotes.domain.quote import QuoteStatus
from testkit.filling import ListSample

STATUSES = ", ".join(f"'{status}'" for status in QuoteStatus)

SAMPLES = {
    # Every owner has quotes of every status, and accounts in common with other owners.
    "quotes": ListSample(
        columns={
            "status": f"(ARRAY[{STATUSES}])[1 + n / 100 % {len(QuoteStatus)}]",
            "account_name": "'account ' || md5((n % 4999)::text)",
        }
    )
}
