"""Every kind of file that CPQ imports; the owning feature declares it in its room `imports`."""

from chassis.files.imports.target import Imports
from contracts.cpq.events import CpqImportFinished
from cpq.products.imports import PRODUCT_IMPORT

IMPORTS = Imports("cpq", [PRODUCT_IMPORT], CpqImportFinished)
