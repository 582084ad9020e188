"""What the job of an import does with the rows of each kind."""

from chassis.files.imports.target import Imports
from contracts.l2o.events import L2oImportFinished
from l2o.imports.timers.accounts import ACCOUNTS
from l2o.imports.timers.opportunities import OPPORTUNITIES

IMPORTS = Imports("l2o", [ACCOUNTS, OPPORTUNITIES], L2oImportFinished)
