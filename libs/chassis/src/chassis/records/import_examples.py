"""The cells of the example row of a template, in the tenant's language and for its country."""

from collections.abc import Callable
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from chassis.foundation.texts import Text


@dataclass(frozen=True, kw_only=True)
class ExampleReader:
    """Who reads a template: the language of its texts, and the tenant's country and currency."""

    language: str = "zh-CN"
    country: str | None = "CN"
    currency: str = "CNY"


# A cell that everybody understands, one in the reader's language, or one made for the reader.
Example = str | Text | Callable[[ExampleReader], str]


def example_cell(example: Example, reader: ExampleReader) -> str:
    """Return the cell of an example for a reader."""
    if isinstance(example, Text):
        return example.en if reader.language == "en" else example.zh
    return example if isinstance(example, str) else example(reader)


def mobile_number(reader: ExampleReader) -> str:
    """Return a mobile number of the tenant's country; blank if its plan of numbers is unknown."""
    return _number(reader, PhoneNumberType.MOBILE)


def office_number(reader: ExampleReader) -> str:
    """Return a fixed-line number of the tenant's country, as `mobile_number` does."""
    return _number(reader, PhoneNumberType.FIXED_LINE)


def _number(reader: ExampleReader, kind: int) -> str:
    """The number as people write it at home; with the country code for a tenant of no country."""
    number = phonenumbers.example_number_for_type(reader.country or "CN", kind)
    if number is None:
        return ""
    spelling = PhoneNumberFormat.NATIONAL if reader.country else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, spelling)


def own_country(reader: ExampleReader) -> str:
    """Return the code of the tenant's country; blank if it is unknown."""
    return reader.country or ""


def own_currency(reader: ExampleReader) -> str:
    """Return the code of the tenant's currency."""
    return reader.currency


COMPANY = Text("上海示例有限公司", "Example Manufacturing Ltd")
PARENT_COMPANY = Text("示例集团", "Example Group")
SELLER = Text("李娜", "Maria Silva")
CONTACT = Text("王伟", "James Lee")
PERSON = Text("王芳", "Alex Morgan")
EMAIL = Text("wang.fang@example.com", "alex.morgan@example.com")
