"""How the fields of a resource's bodies appear as columns of imported files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from chassis.foundation.texts import Text
from chassis.records.import_examples import EMAIL, SELLER, Example, mobile_number
from chassis.web.references import RefersTo, model_in


@dataclass(frozen=True)
class Heading:
    """Marks a field of a body: the Chinese heading of its column, and others by which it is known.

    `example` is its cell in the example row of the template. `cell` reads the value of a field that
    is no single value, from the text of a cell; it raises Invalid.
    """

    zh: str
    others: tuple[str, ...] = ()
    example: Example = ""
    cell: Callable[[str], Any] | None = None


# What fields of these names are called, unless their bodies say otherwise.
_COMMON: Final[Mapping[str, Heading]] = {
    "name": Heading("名称", example=Text("示例", "Example")),
    "code": Heading("编码", example="A01"),
    "description": Heading("说明"),
    "phone": Heading("电话", ("手机",), mobile_number),
    "email": Heading("邮箱", ("电子邮件",), EMAIL),
    "owner_id": Heading("负责人", example=SELLER),
}


# Custom fields have columns of their own, and a file answers no warning.
_NO_COLUMNS: Final = frozenset({"custom_fields", "confirmed"})


@dataclass(frozen=True)
class BodyColumn:
    """A column of the files of a resource: a field of the body of a new record.

    `name` is the field without `_id` where it refers to a record; its cell has the name, the code
    or the id of that record, or several with `many`. `is_list`: the cell has several values.
    """

    name: str
    field: str
    info: FieldInfo
    heading: Heading
    refers_to: RefersTo | None = None
    is_list: bool = False

    @property
    def base(self) -> Any:
        """The type of the value, or of each value of a list."""
        return _base(self.info.annotation)


def body_columns(body: type[BaseModel], answer: type[BaseModel]) -> tuple[BodyColumn, ...]:
    """Return the columns of a resource's files, in the order of the fields of its body.

    Custom fields have columns of their own. Raises TypeError for a field that is neither a single
    value nor a list of them, unless its heading says how a cell is read.
    """
    references = {
        name: next((one for one in info.metadata if isinstance(one, RefersTo)), None)
        for name, info in answer.model_fields.items()
    }
    # What a record needs comes first, as people fill in a file from the left.
    fields = [one for one in body.model_fields.items() if one[0] not in _NO_COLUMNS]
    fields.sort(key=lambda one: not one[1].is_required())
    return tuple(_column(name, info, references.get(name)) for name, info in fields)


def _column(name: str, info: FieldInfo, refers_to: RefersTo | None) -> BodyColumn:
    marked = next((one for one in info.metadata if isinstance(one, Heading)), None)
    heading = marked or _COMMON.get(name) or Heading(name)
    is_list = _is_list(info.annotation)
    if heading.cell is None and model_in(info.annotation) is not None:
        raise TypeError(f"{name} needs a Heading with a cell: it is no single value")
    if refers_to is None and _base(info.annotation) is UUID:
        raise TypeError(f"{name} needs RefersTo in the answer: nobody types ids")
    short = name.removesuffix("_ids").removesuffix("_id") if refers_to else name
    return BodyColumn(
        f"{short}s" if refers_to and is_list else short, name, info, heading, refers_to, is_list
    )


def _bare(annotation: Any) -> Any:
    """Return a type without its marks and without None."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        kinds = [one for one in get_args(annotation) if one is not type(None)]
        return _bare(kinds[0]) if len(kinds) == 1 else annotation
    return annotation


def _is_list(annotation: Any) -> bool:
    return get_origin(_bare(annotation)) in (list, tuple)


def _base(annotation: Any) -> Any:
    bare = _bare(annotation)
    return _bare(get_args(bare)[0]) if get_origin(bare) in (list, tuple) else bare
