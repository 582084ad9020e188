"""The records that the rows of a file refer to by name: accounts, owners and products."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.formats.findings import Finding
from chassis.files.imports.target import ImportContext
from chassis.records.access.owners import active_subjects_by_name
from chassis.records.tenant_settings import TenantSettings, settings_of
from kernel.currencies import precision
from kernel.money import Money
from kernel.names import comparable_name
from l2o.accounts import store as accounts
from l2o.opportunities.imports.rows import OpportunityRow
from l2o.products import store as products
from l2o.products.domain import ProductCatalog


@dataclass(frozen=True, kw_only=True)
class RowReferences:
    """What the comparable names in a chunk of rows refer to, and the settings of the tenant."""

    settings: TenantSettings
    accounts: Mapping[str, Sequence[UUID]]
    people: Mapping[str, Sequence[str]]
    catalog: ProductCatalog

    def account(self, row: OpportunityRow) -> tuple[UUID | None, list[Finding]]:
        """The account of a row, or the error that refuses the row."""
        matches = self.accounts.get(comparable_name(row.account), ())
        if len(matches) == 1:
            return matches[0], []
        code = "ACCOUNT_AMBIGUOUS" if matches else "ACCOUNT_UNKNOWN"
        return None, [Finding(code, params={"name": row.account}, field="account")]

    def amount(self, row: OpportunityRow) -> tuple[Money | None, list[Finding]]:
        """The amount of a row, by default in the tenant's currency, or an error."""
        if row.amount is None:
            return None, []
        money = Money(row.amount, row.currency or self.settings.currency)
        if money.is_rounded:
            return money, []
        params = {"currency": money.currency, "digits": precision(money.currency)}
        return None, [Finding("AMOUNT_TOO_PRECISE", params=params, field="amount")]

    def product(self, row: OpportunityRow) -> tuple[UUID | None, str | None, list[Finding]]:
        """The product of a row and its name, and the finding that it is unknown or was corrected.

        Without a product the finding refuses the row; otherwise it is a warning.
        """
        requested = row.product
        if requested is None:
            return None, None, []
        product_id, name = self.catalog.find(requested)
        if product_id is None:
            is_ambiguous = self.catalog.is_ambiguous(requested)
            code = "REFERENCE_AMBIGUOUS" if is_ambiguous else "PRODUCT_UNKNOWN"
            return None, None, [Finding(code, params={"given": requested}, field="product")]
        if name == requested:
            return product_id, name, []
        params = {"given": requested, "taken": name}
        return product_id, name, [Finding("PRODUCT_CORRECTED", params=params, field="product")]

    def owner(self, row: OpportunityRow, importer: str | None) -> tuple[str | None, list[Finding]]:
        """The subject of the owner that a row names; else the importer, with a warning."""
        if row.owner is None:
            return importer, []
        matches = self.people.get(comparable_name(row.owner), ())
        if len(matches) == 1:
            return matches[0], []
        code = "OWNER_AMBIGUOUS" if matches else "ROW_OWNER_NOT_ACTIVE"
        return importer, [Finding(code, params={"given": row.owner}, field="owner")]


async def load_references(
    tx: AsyncConnection, rows: Sequence[OpportunityRow], context: ImportContext
) -> RowReferences:
    """Look up all names of a chunk; accounts only as far as the importer sees them."""
    visibility = await context.visibility(tx, accounts.ACCOUNTS.resource)
    account_names = {row.account for row in rows}
    owner_names = {row.owner for row in rows if row.owner}
    has_products = any(row.product for row in rows)
    return RowReferences(
        settings=await settings_of(tx),
        accounts=await accounts.lock_visible_by_name(tx, account_names, visibility),
        people=await active_subjects_by_name(tx) if owner_names else {},
        catalog=await products.load_catalog(tx) if has_products else ProductCatalog({}, {}),
    )
