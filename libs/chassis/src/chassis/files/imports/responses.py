"""Imports as answers, their findings in the caller's language."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import Request

from chassis.files.formats.findings import Finding
from chassis.files.imports import store
from chassis.files.imports.model import Import
from chassis.files.imports.previews import ImportPreview, PreviewRow
from chassis.files.imports.schemas import (
    CountsOut,
    FindingOut,
    ImportOut,
    ImportRowOut,
    PreviewOut,
    PreviewRowOut,
)
from chassis.files.imports.target import CUSTOM_FIELD_PREFIX, ImportTarget
from chassis.foundation.context import current
from chassis.foundation.texts import Texts


def import_out(request: Request, run: Import) -> ImportOut:
    counts = CountsOut(**{name: getattr(run, name) for name in CountsOut.model_fields})
    failures = _all_said(request, run.failures)
    return ImportOut(**{**vars(run), "counts": counts, "failures": failures})


def result_row_serializer(request: Request) -> Callable[[Mapping[str, Any]], ImportRowOut]:
    """How a row of the results is shown to this caller."""

    def shape(row: Mapping[str, Any]) -> ImportRowOut:
        taken = store.result_from_row(row)
        return ImportRowOut(
            row=row["row"],
            outcome=taken.outcome,
            record_id=taken.record_id,
            errors=_all_said(request, taken.findings),
        )

    return shape


def preview_out(request: Request, preview: ImportPreview, target: ImportTarget[Any]) -> PreviewOut:
    return PreviewOut(
        format=preview.format,
        header=list(preview.header),
        mapping=dict(preview.columns),
        fields=list(target.names),
        findings=_all_said(request, preview.findings),
        rows=[_preview_row(request, row) for row in preview.rows],
    )


def _preview_row(request: Request, row: PreviewRow) -> PreviewRowOut:
    return PreviewRowOut(
        row=row.number,
        fields={**row.cells.fields, **_custom(row)},
        rest=dict(row.cells.rest),
        errors=_all_said(request, row.reading.errors),
        warnings=_all_said(request, row.reading.warnings),
    )


def _custom(row: PreviewRow) -> dict[str, str]:
    return {f"{CUSTOM_FIELD_PREFIX}{key}": text for key, text in row.cells.custom.items()}


def _all_said(request: Request, findings: Sequence[Finding]) -> list[FindingOut]:
    return [finding_out(request, finding) for finding in findings]


def finding_out(request: Request, finding: Finding) -> FindingOut:
    """A finding in the caller's language."""
    texts: Texts = request.app.state.texts
    return FindingOut(
        column=finding.column,
        code=finding.code,
        message=texts.say(finding.code, finding.params, current().language),
        params=dict(finding.params),
    )
