"""Card numbers are told apart from amounts."""

import random

import pytest

from kernel.card_numbers import is_card_number


def with_check_digit(digits: str) -> str:
    """Return the digits with a last one that makes them valid."""
    return next(f"{digits}{one}" for one in range(10) if is_card_number(f"{digits}{one}"))


@pytest.mark.parametrize(
    "number",
    [
        "30569309025904",
        "378282246310005",
        "371449635398431",
        "4111111111111111",
        "5555555555554444",
        "2223003122003222",
        "6011111111111117",
        "6222020200112230",
    ],
)
def test_the_cards_of_issuers_are_recognized(number: str) -> None:
    assert is_card_number(number)
    assert with_check_digit(number[:-1]) == number
    assert not is_card_number(number[:-1] + str((int(number[-1]) + 1) % 10))


def test_a_card_may_have_up_to_19_digits() -> None:
    assert len(with_check_digit("622126123456789012")) == 19
    assert not is_card_number("4" * 20)
    assert not is_card_number("4222222222222")  # 13 digits


@pytest.mark.parametrize(
    "amount", ["100000000000000", "340000000000000", "378282246310000", "258935494000000", "0", ""]
)
def test_round_and_other_amounts_are_no_cards(amount: str) -> None:
    assert not is_card_number(amount)


@pytest.mark.parametrize(("digits", "share"), [(13, 0.0), (14, 0.006), (15, 0.004)])
def test_few_amounts_look_like_a_card(digits: int, share: float) -> None:
    """Of any amounts with so many digits, which the ceilings allow."""
    draw = random.Random(digits)
    amounts = [str(draw.randrange(10 ** (digits - 1), 10**digits)) for _ in range(20_000)]
    assert sum(map(is_card_number, amounts)) <= share * len(amounts)
