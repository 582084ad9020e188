"""What can be done with a person."""

from org.people.actions.activity import deactivate_person, reactivate_person
from org.people.actions.edit import change_person, create_person, name_login
from org.people.actions.leaves import add_leave, cancel_leave
from org.people.actions.placing import Placement, place_agent
from org.people.actions.power import ensure_may_no_more

__all__ = [
    "Placement",
    "add_leave",
    "cancel_leave",
    "change_person",
    "create_person",
    "deactivate_person",
    "ensure_may_no_more",
    "name_login",
    "place_agent",
    "reactivate_person",
]
