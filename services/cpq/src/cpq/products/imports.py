"""Declares how a row of a product file becomes a product with its list price."""

from dataclasses import replace

from chassis.files.imports.named_rows import EXTERNAL_FIELDS, read_named
from chassis.files.imports.target import Cells, ImportField, ImportTarget, ParsedRow, validate_row
from chassis.foundation.texts import Text
from chassis.records.import_examples import own_currency
from cpq.products.actions.book_choices import check_books
from cpq.products.actions.imports import import_products
from cpq.products.domain import ProductRow, with_derived_sku
from cpq.products.schemas import ProductRowIn


def _parse_row(cells: Cells) -> ParsedRow[ProductRow]:
    body = {**with_derived_sku(cells.fields), "custom_fields": cells.custom}

    def row(valid: ProductRowIn) -> ProductRow:
        return replace(valid.to_row(), has_own_sku="sku" in cells.fields)

    return validate_row(ProductRowIn, body, row)


PRODUCT_IMPORT = ImportTarget(
    resource="cpq.product",
    also_writes=("cpq.price_book",),
    fields=(
        ImportField(
            "name",
            ("product", "product name", "产品", "产品名称", "名称"),
            required=True,
            example=Text("工业路由器 R200", "Industrial router R200"),
        ),
        ImportField(
            "sku", ("product code", "产品编码", "编码", "货号"), example="R200", identifies=True
        ),
        ImportField("series", ("product series", "系列", "产品系列"), example="R"),
        ImportField("unit", ("单位", "计量单位"), example="PCE"),
        ImportField(
            "price",
            ("sales_price", "list price", "unit price", "单价", "标准价", "售价"),
            example="1999",
            is_amount=True,
        ),
        ImportField("currency", ("币种",), example=own_currency),
        ImportField(
            "price_book",
            ("price book", "价目表"),
            example=Text("标准价目表", "Standard price list"),
        ),
        *EXTERNAL_FIELDS,
    ),
    read=read_named("cpq.product", _parse_row),
    import_rows=import_products,
    check_rows=check_books,
    custom_fields=True,
)
