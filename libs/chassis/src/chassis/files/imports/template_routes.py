"""`GET /imports/templates/{resource}`: an empty file to fill in, before any upload."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from fastapi.responses import Response

from chassis.files.imports.custom_columns import target_with_custom_fields
from chassis.files.imports.target import Imports
from chassis.files.imports.templates import csv_template, xlsx_template
from chassis.foundation.context import current
from chassis.records.import_examples import ExampleReader
from chassis.records.tenant_settings import settings_of
from chassis.web.transaction import Tx

XLSX_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEMPLATE_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            XLSX_MEDIA_TYPE: {"schema": {"type": "string", "contentMediaType": XLSX_MEDIA_TYPE}},
        },
        "description": "A file with a heading row and an example row",
    }
}


def template_endpoint(imports: Imports) -> Callable[..., Awaitable[Response]]:
    """Return the endpoint for the resources that this service imports."""
    resources: Any = Literal[tuple(target.resource for target in imports.targets)]

    async def import_template(
        tx: Tx,
        resource: Annotated[Any, Path()],
        format: Annotated[Literal["CSV", "XLSX"], Query()] = "XLSX",
    ) -> Response:
        """Download the columns of a resource's files with an example row.

        Headings and examples are in the caller's language; telephone numbers and the currency are
        of the tenant's country. The tenant's custom fields are included. The example row is valid,
        but names records that need not exist, such as an account: delete it before the upload.
        """
        target = await target_with_custom_fields(tx, imports, resource)
        language, settings = current().language, await settings_of(tx)
        reader = ExampleReader(
            language=language, country=settings.country, currency=settings.currency
        )
        name = f"{target.noun}.{format.lower()}"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Language": language,
        }
        if format == "CSV":
            content = csv_template(target, reader)
            return Response(content, media_type="text/csv; charset=utf-8", headers=headers)
        content = xlsx_template(target, reader)
        return Response(content, media_type=XLSX_MEDIA_TYPE, headers=headers)

    import_template.__annotations__["resource"] = Annotated[resources, Path()]
    return import_template
