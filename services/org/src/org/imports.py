"""Every kind of file that org imports; each feature declares its own in its room `imports`."""

from chassis.files.imports.target import Imports
from contracts.org.events import OrgImportFinished
from org.people.imports import PEOPLE_IMPORT

IMPORTS = Imports("org", [PEOPLE_IMPORT], OrgImportFinished)
