"""What the job of an import does with the rows of each kind."""

from chassis.files.imports.target import (
    Cells,
    ImportField,
    Imports,
    ImportTarget,
    ParsedRow,
    reading_of,
)
from contracts.cpq.events import CpqImportFinished
from cpq.imports.actions import take_products
from cpq.imports.domain import ProductRow, with_sku
from cpq.imports.schemas import ProductRowIn


def _read(cells: Cells) -> ParsedRow[ProductRow]:
    return reading_of(ProductRowIn, with_sku(cells.fields), ProductRowIn.row)


PRODUCTS = ImportTarget(
    kind="PRODUCTS",
    scope="cpq.product.write cpq.price_book.write",
    fields=(
        ImportField("name", ("product", "product name", "产品", "产品名称", "名称"), required=True),
        ImportField("sku", ("product code", "产品编码", "编码", "货号")),
        ImportField("series", ("product series", "系列", "产品系列")),
        ImportField("unit", ("单位", "计量单位")),
        ImportField("price", ("sales_price", "list price", "unit price", "单价", "标准价", "售价")),
        ImportField("currency", ("币种",)),
        ImportField("price_book", ("price book", "价目表")),
    ),
    read=_read,
    take=take_products,
)
IMPORTS = Imports("cpq", [PRODUCTS], CpqImportFinished)
