"""Numbers of payment cards (ISO/IEC 7812), which people type into fields of amounts by mistake."""

import re
from typing import Final

# By length: the issuers whose cards have it. Cards of 13 digits are no longer issued.
_ISSUERS: Final = re.compile(
    r"3(?:0[0-5]|[689][0-9])[0-9]{11}"  # Diners Club
    r"|3[47][0-9]{13}"  # American Express
    r"|(?:2[2-7]|3[5-9]|[4-6][0-9]|8[12])[0-9]{14,17}"  # Mastercard, JCB, Visa, UnionPay, RuPay
)
_ROUND: Final = "000"  # how a large amount ends, and hardly ever a card number


def is_card_number(digits: str) -> bool:
    """Whether these digits are likely the number of a payment card.

    They have the length and the beginning of an issuer and a valid check digit (Luhn), and are no
    round number.
    """
    if not _ISSUERS.fullmatch(digits) or digits.endswith(_ROUND):
        return False
    doubled = (
        sum(divmod(int(digit) * (1 + place % 2), 10)) for place, digit in enumerate(digits[::-1])
    )
    return sum(doubled) % 10 == 0
