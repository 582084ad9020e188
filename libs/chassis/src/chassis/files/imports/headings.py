"""The headings of an import's fields, in a language."""

from collections import Counter
from typing import Any

from chassis.files.imports.target import ImportTarget


def template_headings(target: ImportTarget[Any], language: str) -> list[str]:
    """Return the heading of each field in a language, such that a file with them needs no mapping.

    A heading that two fields share, ignoring case, is replaced by the names of these fields.
    """
    headings = [
        one.english_heading if language == "en" else one.chinese_heading for one in target.fields
    ]
    times = Counter(heading.casefold() for heading in headings)
    return [
        heading if times[heading.casefold()] == 1 else field.name
        for heading, field in zip(headings, target.fields, strict=True)
    ]
