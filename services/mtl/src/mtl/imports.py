"""The kinds of files that this service imports."""

from chassis.files.imports.target import Imports
from contracts.mtl.events import MtlImportFinished
from mtl.leads.imports import LEAD_IMPORT

IMPORTS = Imports("mtl", [LEAD_IMPORT], MtlImportFinished)
