"""Rows of files."""

from pydantic import BaseModel

from org.departments.schemas import Name as DepartmentName
from org.people.actions import Placement
from org.people.schemas import Name


class PlacementRow(BaseModel):
    """An agent with their manager and office."""

    name: Name
    manager: Name
    office: DepartmentName

    def placement(self) -> Placement:
        return Placement(name=self.name, manager=self.manager, office=self.office)
