"""JSON Merge Patch (RFC 7396): what a body names is changed, what it names null is removed."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel, GetJsonSchemaHandler, RootModel, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from chassis.foundation.violations import from_pydantic
from kernel.errors import Invalid

MERGE_PATCH = "application/merge-patch+json"

M = TypeVar("M", bound=BaseModel)


class Editable(Protocol):
    """A frozen dataclass with the fields that an edit has."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


E = TypeVar("E", bound=Editable)


def merge_patch(target: Any, patch: Any) -> Any:
    """The algorithm of RFC 7396, 2; neither argument is changed."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


class MergePatch(RootModel[dict[str, Any]], Generic[M]):
    """A PATCH body: `body: MergePatch[AccountEdit]`, where AccountEdit is all that may be edited.

    AccountEdit forbids extras, reads from attributes and gives a default to whatever may be null.
    """

    @classmethod
    def edited(cls) -> type[M]:
        """The model of what may be edited."""
        model: type[M] = cls.__pydantic_generic_metadata__["args"][0]
        return model

    def merged(self, current: M) -> M:
        """The current document with the patch applied, checked as a whole.

        Raises Invalid with every violation.
        """
        document = merge_patch(current.model_dump(mode="json"), self.root)
        try:
            return self.edited().model_validate(document)
        except ValidationError as refused:
            found = [{**error, "loc": ("body", *error["loc"])} for error in refused.errors()]
            raise Invalid(from_pydantic(found)) from None

    def applied(self, before: E) -> E:
        """The entity with the patch applied to its fields of the same names; equal if nothing is.

        An action takes this as its `edit: Callable[[Account], Account]`. Raises Invalid.
        """
        current = self.edited().model_validate(before, from_attributes=True)
        after = self.merged(current)
        known = {field.name for field in fields(before)}
        names = [name for name in type(after).model_fields if name in known]
        changed = [name for name in names if getattr(after, name) != getattr(current, name)]
        return replace(before, **{name: getattr(after, name) for name in changed})

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """All that may be edited, each optional and nullable."""
        whole = handler(cls.edited().__pydantic_core_schema__)
        schema = dict(handler.resolve_ref_schema(whole))
        schema.pop("required", None)
        schema.pop("examples", None)
        properties = schema.get("properties", {}).items()
        schema["properties"] = {name: _nullable(one) for name, one in properties}
        schema["title"] = cls.__name__
        return schema


def _nullable(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Without a default: what a patch leaves out stays as it is."""
    told = {name: schema[name] for name in ("title", "description", "examples") if name in schema}
    plain = {n: v for n, v in schema.items() if n not in told and n != "default"}
    known = plain["anyOf"] if set(plain) == {"anyOf"} else [plain]
    null = {"type": "null"}
    return {**told, "anyOf": known if null in known else [*known, null]}


def add_merge_patch_media_type(document: dict[str, Any]) -> dict[str, Any]:
    """Say in OpenAPI that a PATCH takes `application/merge-patch+json` as well."""
    for item in document.get("paths", {}).values():
        content = item.get("patch", {}).get("requestBody", {}).get("content", {})
        if "application/json" in content:
            item["patch"]["requestBody"]["content"] = {
                MERGE_PATCH: content["application/json"],
                **content,
            }
    return document
