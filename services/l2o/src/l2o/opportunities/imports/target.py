"""The import target: chunks of rows are resolved and upserted by their external ids."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.formats.findings import Finding
from chassis.files.imports.named_rows import EXTERNAL_ID_HEADERS, SYSTEM_FIELD
from chassis.files.imports.target import (
    ImportContext,
    ImportField,
    ImportRow,
    ImportTarget,
    RowOutcome,
    RowResult,
    refused,
)
from chassis.foundation.clock import start_of_day
from chassis.foundation.texts import Text
from chassis.records.import_examples import COMPANY, SELLER, own_currency
from l2o.opportunities.actions.upserts import (
    ACCOUNT_FIXED,
    ExternalOpportunity,
    OpportunityDetails,
    StageDetails,
    UpsertResult,
    upsert_opportunities,
)
from l2o.opportunities.domain import CLOSED_STAGES, Stage
from l2o.opportunities.imports.references import RowReferences, load_references
from l2o.opportunities.imports.rows import (
    OpportunityRow,
    parse_opportunity_row,
    split_at_repeats,
)
from l2o.opportunities.store import OPPORTUNITIES


@dataclass(frozen=True)
class ResolvedRow:
    """A row with its references and warnings; without an opportunity, the errors that refuse it."""

    opportunity: ExternalOpportunity | None
    findings: Sequence[Finding]


async def _import_opportunities(
    tx: AsyncConnection, rows: Sequence[ImportRow[OpportunityRow]], context: ImportContext
) -> list[RowResult]:
    references = await load_references(tx, [row.value for row in rows], context)
    visibility = await context.visibility(tx, OPPORTUNITIES.resource)
    row_results: list[RowResult] = []
    for part in split_at_repeats([row.value for row in rows]):
        resolved = [_resolve(row, references, context) for row in part]
        upserts = iter(
            await upsert_opportunities(
                tx,
                [row.opportunity for row in resolved if row.opportunity is not None],
                system=part[0].external_system,
                actor=context.actor,
                now=context.now,
                visibility=visibility,
            )
        )
        row_results += [
            refused(*row.findings)
            if row.opportunity is None
            else _row_result(next(upserts), row.findings)
            for row in resolved
        ]
    return row_results


def _row_result(upsert: UpsertResult, warnings: Sequence[Finding]) -> RowResult:
    if upsert.refused_for is not None:
        field = "account" if upsert.refused_for == ACCOUNT_FIXED else "external_id"
        return refused(Finding(upsert.refused_for, field=field))
    outcome = RowOutcome.UPDATED if upsert.changed else RowOutcome.UNCHANGED
    return RowResult(
        outcome=RowOutcome.CREATED if upsert.created else outcome,
        record_id=upsert.opportunity_id,
        findings=[*warnings, *(Finding(code) for code in upsert.warnings)],
    )


def _resolve(row: OpportunityRow, references: RowReferences, context: ImportContext) -> ResolvedRow:
    account_id, account_errors = references.account(row)
    amount, amount_errors = references.amount(row)
    product_id, product_name, product_findings = references.product(row)
    product_errors = product_findings if product_id is None else []
    errors = [*account_errors, *amount_errors, *product_errors]
    if account_id is None or errors:
        return ResolvedRow(None, errors)
    owner_id, owner_warnings = references.owner(row, context.actor)
    default_name = " · ".join(filter(None, (row.account, product_name)))[:200]
    engaged_on, timezone = row.engaged_date, references.settings.timezone
    opportunity = ExternalOpportunity(
        external_id=row.external_id,
        details=OpportunityDetails(
            account_id=account_id,
            name=row.name or default_name,
            amount=amount,
            expected_close_date=None if row.stage in CLOSED_STAGES else row.closed_date,
            product_id=product_id,
            engaged_date=engaged_on,
        ),
        stage_details=_stage_details(row, timezone),
        engaged_at=None if engaged_on is None else start_of_day(engaged_on, timezone),
        owner_id=owner_id,
        has_own_name=row.name is not None,
        custom_cells=row.custom_fields,
    )
    return ResolvedRow(opportunity, [*product_findings, *owner_warnings])


def _stage_details(row: OpportunityRow, timezone: str) -> StageDetails:
    """The stage; a won or lost opportunity was closed at the start of the tenant's day."""
    closed_on = row.closed_date if row.stage in CLOSED_STAGES else None
    return StageDetails(
        stage=row.stage,
        lost_reason=row.lost_reason if row.stage is Stage.LOST else None,
        closed_at=None if closed_on is None else start_of_day(closed_on, timezone),
        closed_date=closed_on,
    )


OPPORTUNITY_IMPORT = ImportTarget(
    resource="l2o.opportunity",
    fields=(
        ImportField(
            "external_id",
            ("opportunity_id", "商机编号", *EXTERNAL_ID_HEADERS),
            required=True,
            example="O-0001",
            identifies=True,
        ),
        SYSTEM_FIELD,
        ImportField(
            "account",
            ("account name", "客户", "客户名称"),
            required=True,
            example=COMPANY,
        ),
        ImportField(
            "name",
            ("opportunity", "商机", "商机名称"),
            example=Text("2027 年度采购", "Purchases 2027"),
        ),
        ImportField("owner", ("sales_agent", "销售", "负责人"), example=SELLER),
        ImportField(
            "product", ("产品",), example=Text("工业路由器 R200", "Industrial router R200")
        ),
        ImportField("stage", ("deal_stage", "阶段"), example="QUOTATION"),
        ImportField("engaged_date", ("engage_date", "接洽日期"), example="2026-11-02"),
        ImportField("closed_date", ("close_date", "关闭日期", "成交日期")),
        ImportField("amount", ("close_value", "金额"), example="99950", is_amount=True),
        ImportField("currency", ("币种",), example=own_currency),
        ImportField("lost_reason", ("输单原因",)),
    ),
    read=parse_opportunity_row,
    import_rows=_import_opportunities,
    custom_fields=True,
)
