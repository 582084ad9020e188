"""Tags in bodies of requests."""

from typing import Annotated

from pydantic import AfterValidator, Field

from kernel.texts import TrimmedText
from parties.tags import MAX_TAG_LENGTH, MAX_TAGS, distinct_tags

TagName = Annotated[str, TrimmedText(min_length=1, max_length=MAX_TAG_LENGTH)]
Tags = Annotated[tuple[TagName, ...], Field(max_length=MAX_TAGS), AfterValidator(distinct_tags)]
