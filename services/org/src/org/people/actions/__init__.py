"""What can be done with a person."""

from org.people.actions.activity import deactivate_person, reactivate_person
from org.people.actions.edit import change_person, create_person, name_login
from org.people.actions.leaves import add_leave, cancel_leave
from org.people.actions.placing import Placement, place_agent

__all__ = [
    "Placement",
    "add_leave",
    "cancel_leave",
    "change_person",
    "create_person",
    "deactivate_person",
    "name_login",
    "place_agent",
    "reactivate_person",
]
