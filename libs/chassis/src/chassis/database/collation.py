"""Whether a database sorts texts by code points, as the ranges of prefix filters need it.

Under another collation, such as `en_US.utf8`, a filter by `acme-` would silently find nothing. So
such a database is refused: when it is migrated, and by readiness.
"""

# Letters by case, a sign before a letter, and wide letters after narrow ones.
_IN_ORDER = (("Z", "a"), ("a-b", "aa"), ("z", "Ａ"))  # a wide letter is meant


class WrongCollation(ValueError):
    """A database that does not sort by code points. The message is a sentence."""


def order_query(collation: str | None = None) -> str:
    """Return the query whether texts sort by code points; by default as the database sorts."""
    collate = f' COLLATE "{collation}"' if collation else ""
    return "SELECT " + " AND ".join(
        f"CAST('{first}' AS text){collate} < CAST('{second}' AS text){collate}"
        for first, second in _IN_ORDER
    )


def refusal(service: str) -> str:
    """Return the sentence about a database with another collation."""
    return (
        f"The database of {service} does not sort by code points, so filters by a prefix would find"
        " nothing: create it anew with `TEMPLATE template0 LOCALE 'C.UTF-8'` (or LOCALE 'C'), and"
        " restore a dump into it."
    )
