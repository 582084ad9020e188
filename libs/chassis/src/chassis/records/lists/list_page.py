"""A page of a declared list."""

from typing import ClassVar, Generic, TypeVar

from pydantic import BaseModel
from pydantic import Field as Described

from chassis.records.lists.counts import ValueCount
from chassis.web.pages import Page

T = TypeVar("T", bound=BaseModel)


class ListPage(Page[T], Generic[T]):
    """A page of a list of records, which has the names of the records to which it refers."""

    has_its_names: ClassVar[bool] = True

    total: int | None = Described(
        None, description="The number of all matching records, with `include_total` or `page`"
    )
    counts: list[ValueCount] | None = Described(
        None,
        description="The number of records by the values of `count_by`, whatever filters that"
        " field has",
    )
