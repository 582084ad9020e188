"""JSON Merge Patch (RFC 7396): members of the body replace fields, null removes them."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel, GetJsonSchemaHandler, RootModel, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from chassis.foundation.violations import violations_of_body
from kernel.errors import Invalid

MERGE_PATCH = "application/merge-patch+json"

M = TypeVar("M", bound=BaseModel)


class Editable(Protocol):
    """A frozen dataclass that has the fields of an edit model."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


E = TypeVar("E", bound=Editable)


def merge_patch(target: Any, patch: Any) -> Any:
    """Apply a patch to a JSON value (RFC 7396, section 2); neither argument is changed."""
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

    AccountEdit forbids extra fields, reads from attributes and has a default for every nullable
    field.
    """

    @classmethod
    def edit_model(cls) -> type[M]:
        """Return the model of all that may be edited."""
        model: type[M] = cls.__pydantic_generic_metadata__["args"][0]
        return model

    def merged(self, current: M) -> M:
        """Return the current document with the patch applied, validated as a whole.

        Raises Invalid with every violation.
        """
        document = merge_patch(current.model_dump(mode="json"), self.root)
        try:
            return self.edit_model().model_validate(document)
        except ValidationError as invalid:
            raise Invalid(violations_of_body(invalid)) from None

    def applied(self, before: E) -> E:
        """Return the entity with the patch applied to its fields of the same names.

        The result equals the entity if nothing changes. An action takes this method as its
        `edit: Callable[[Account], Account]`. Raises Invalid.
        """
        current = self.edit_model().model_validate(before, from_attributes=True)
        after = self.merged(current)
        entity_fields = {field.name for field in fields(before)}
        names = [name for name in type(after).model_fields if name in entity_fields]
        changed = [name for name in names if getattr(after, name) != getattr(current, name)]
        return replace(before, **{name: getattr(after, name) for name in changed})

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Every field that may be edited, each optional and nullable."""
        whole = handler(cls.edit_model().__pydantic_core_schema__)
        schema = dict(handler.resolve_ref_schema(whole))
        schema.pop("required", None)
        schema.pop("examples", None)
        properties = schema.get("properties", {}).items()
        schema["properties"] = {name: _nullable(field) for name, field in properties}
        schema["title"] = cls.__name__
        return schema


def _nullable(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Allow null and drop the default: a field that a patch leaves out keeps its value."""
    names = ("title", "description", "examples")
    annotations = {name: schema[name] for name in names if name in schema}
    rest = {n: v for n, v in schema.items() if n not in annotations and n != "default"}
    types = rest["anyOf"] if set(rest) == {"anyOf"} else [rest]
    null = {"type": "null"}
    return {**annotations, "anyOf": types if null in types else [*types, null]}


def add_merge_patch_media_type(document: dict[str, Any]) -> dict[str, Any]:
    """Document in OpenAPI that a PATCH takes `application/merge-patch+json` as well."""
    for item in document.get("paths", {}).values():
        content = item.get("patch", {}).get("requestBody", {}).get("content", {})
        if "application/json" in content:
            item["patch"]["requestBody"]["content"] = {
                MERGE_PATCH: content["application/json"],
                **content,
            }
    return document
