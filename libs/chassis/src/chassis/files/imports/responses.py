"""Response bodies of imports, with messages in the caller's language."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import Request

from chassis.files.formats.findings import Finding
from chassis.files.imports import store
from chassis.files.imports.model import FILE_FINDINGS, Import
from chassis.files.imports.previews import ImportPreview, PreviewRow
from chassis.files.imports.schemas import (
    CountsOut,
    DecodedRowsOut,
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
    findings = {name: _findings_out(request, getattr(run, name)) for name in FILE_FINDINGS}
    return ImportOut(**{**vars(run), "counts": counts, **findings})


def result_row_serializer(request: Request) -> Callable[[Mapping[str, Any]], ImportRowOut]:
    """Return a function that makes a row of the results a response body for this caller."""

    def shape(row: Mapping[str, Any]) -> ImportRowOut:
        result = store.result_from_row(row)
        return ImportRowOut(
            row=row["row"],
            outcome=result.outcome,
            record_id=result.record_id,
            errors=_findings_out(request, result.findings),
        )

    return shape


def preview_out(request: Request, preview: ImportPreview, target: ImportTarget[Any]) -> PreviewOut:
    return PreviewOut(
        format=preview.format,
        encoding=preview.encoding,
        candidates=[
            DecodedRowsOut(encoding=encoding, lines=list(lines))
            for encoding, lines in preview.candidates.items()
        ],
        header=list(preview.header),
        mapping=dict(preview.columns),
        fields=list(target.names),
        findings=_findings_out(request, preview.findings),
        warnings=_findings_out(request, preview.warnings),
        rows=[_preview_row(request, row) for row in preview.rows],
    )


def _preview_row(request: Request, row: PreviewRow) -> PreviewRowOut:
    return PreviewRowOut(
        row=row.number,
        fields={**row.cells.fields, **_custom(row)},
        rest=dict(row.cells.extra_columns),
        errors=_findings_out(request, row.parsed.errors),
        warnings=_findings_out(request, row.parsed.warnings),
    )


def _custom(row: PreviewRow) -> dict[str, str]:
    return {f"{CUSTOM_FIELD_PREFIX}{key}": text for key, text in row.cells.custom.items()}


def _findings_out(request: Request, findings: Sequence[Finding]) -> list[FindingOut]:
    return [finding_out(request, finding) for finding in findings]


def finding_out(request: Request, finding: Finding) -> FindingOut:
    """Describe a finding in the caller's language."""
    texts: Texts = request.app.state.texts
    return FindingOut(
        column=finding.column,
        code=finding.code,
        message=texts.say(finding.code, finding.params, current().language),
        params=dict(finding.params),
    )
