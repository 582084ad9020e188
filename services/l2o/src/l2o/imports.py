"""The kinds of files that this service imports."""

from chassis.files.imports.target import Imports
from contracts.l2o.events import L2oImportFinished
from l2o.accounts.imports import ACCOUNT_IMPORT
from l2o.opportunities.imports.target import OPPORTUNITY_IMPORT

IMPORTS = Imports("l2o", [ACCOUNT_IMPORT, OPPORTUNITY_IMPORT], L2oImportFinished)
