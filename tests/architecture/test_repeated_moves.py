"""A move that was made answers only an equal request; another body must not vanish behind a 200.

Every move with a body is listed here, with the test that repeats it with another body.
"""

import re
from pathlib import Path
from typing import Any

from deploy.services import SERVICES
from tests.architecture.applications import IN_ONE_PROCESS, document_of
from tests.architecture.test_conventions import operations_of

pytestmark = IN_ONE_PROCESS

ROOT = Path(__file__).parents[2]
# By operation: where its test stands, or why every body is a request of its own.
MOVES = {
    "lead_convert": "services/mtl/tests/leads/test_routes_moves.py"
    "::test_converting_again_answers_the_first_operation",
    "lead_disqualify": "services/mtl/tests/leads/test_routes_moves.py"
    "::test_disqualifying_for_another_reason_is_refused",
    "lead_refuse": "services/mtl/tests/leads/test_lifecycle.py"
    "::test_sales_refuse_what_marketing_hands_over_and_accept_it_later",
    "lead_nurture": "services/mtl/tests/leads/test_lifecycle.py"
    "::test_a_lead_asleep_or_open_again_refuses_another_day_or_note",
    "lead_reopen": "services/mtl/tests/leads/test_lifecycle.py"
    "::test_a_lead_asleep_or_open_again_refuses_another_day_or_note",
    "lead_return": "services/mtl/tests/claims/test_routes.py"
    "::test_returning_again_for_another_reason_is_refused",
    "capture_approve": "services/mtl/tests/captures/test_reviews.py"
    "::test_approving_again_repeats_the_answer_and_nothing_else",
    "capture_reject": "services/mtl/tests/captures/test_reviews.py"
    "::test_a_rejected_capture_keeps_its_first_reason",
    "channel_issue_key": "one more key; its Idempotency-Key guards it",
    "lead_merge": "services/mtl/tests/merges/test_routes.py"
    "::test_the_same_merge_is_made_once_and_another_one_is_refused",
    "account_(pin|unpin)_grade": "services/l2o/tests/grades/test_grading.py"
    "::test_a_pinned_grade_outlasts_rules_until_it_is_unpinned",
    "account_review": "another review is one more: If-Match guards it",
    "opportunity_lose": "services/l2o/tests/opportunities/test_routes.py"
    "::test_losing_for_another_reason_is_refused",
    "opportunity_move": "another stage is another move",
    "quote_reject": "services/cpq/tests/quotes/test_repeated_moves.py"
    "::test_a_rejected_quote_keeps_its_first_reason",
    "quote_revise": "services/cpq/tests/quotes/test_repeated_moves.py"
    "::test_the_edit_of_a_second_reviser_is_refused",
    "order_cancel": "services/rms/tests/orders/test_change_routes.py"
    "::test_cancelling_an_order_twice_changes_nothing",
    "order_cancel_lines": "more quantities are another cancellation: If-Match guards it",
    "order_amend": "another amendment changes the order again: If-Match guards it",
    "payment_reverse": "services/rms/tests/payments/test_return_routes.py"
    "::test_reversing_a_payment_reopens_its_receivables",
    "allocation_reverse": "services/rms/tests/payments/test_return_routes.py"
    "::test_a_reversed_allocation_frees_its_amount_for_another",
    "approval_withdraw": "services/desk/tests/approvals/test_moves.py"
    "::test_withdrawing_again_for_another_reason_is_refused",
    "approval_task_(approve|reject)(_for)?": "services/desk/tests/approvals/test_moves.py"
    "::test_the_same_decision_twice_is_one_and_another_comment_is_refused",
    "approval_task_(hand_on|delegate|add_approver|send_back)": "another person, or step, is another"
    " move: If-Match guards it",
    "department_move": "services/org/tests/departments/test_routes.py"
    "::test_a_move_takes_sub_departments_along_and_is_recorded",
    "order_ship|payment_allocate|payment_refund": "adds a part: its Idempotency-Key guards it",
    "quote_file_attach": "one more file; one that is attached already stays so",
    "person_add_leave": "another leave is one more leave",
    "working_hours_(assign|unassign)": "another department is another move",
    r"\w+_transfer": "libs/chassis/tests/records/access/test_transfers.py"
    "::test_a_second_reason_for_one_transfer_is_refused",
}


def moves_with_bodies() -> set[str]:
    """The operations `POST .../{id}/{verb}` with If-Match and a body that says something."""
    found = set()
    for service in SERVICES:
        for one in operations_of(document_of(service)):
            if one.method == "POST" and "If-Match" in one.parameters and _has_body(one.definition):
                found.add(one.name)
    return found


def _has_body(definition: Any) -> bool:
    body = str(definition.get("requestBody", ""))
    return "$ref" in body and "EmptyBody" not in body


def test_every_move_with_a_body_has_a_test_that_repeats_it_with_another() -> None:
    found = moves_with_bodies()
    unlisted = {name for name in found if not any(re.fullmatch(move, name) for move in MOVES)}
    gone = {move for move in MOVES if not any(re.fullmatch(move, name) for name in found)}
    assert (unlisted, gone) == (set(), set())


def test_the_tests_of_repeated_moves_exist() -> None:
    for place in MOVES.values():
        path, found, name = place.partition("::")
        if found:
            text = (ROOT / path).read_text()
            assert f"def {name}(" in text, place
            body = text.split(f"def {name}(")[1].split("\nasync def ")[0]
            assert "MOVE_MADE_OTHERWISE" in body, place
