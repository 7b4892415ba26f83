"""What a process rule may ask: the kinds, what each needs of a row, and how it is said."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

JOURNEY, CUSTOMER = "journey", "customer"
SCOPES: Final = (JOURNEY, CUSTOMER)
SAME: Final = ("order", "ticket", "topic", "session")
"""Objects by which touchpoints of a rule are matched with each other."""


@dataclass(frozen=True)
class Kind:
    """What a row of the kind needs, and allows.

    Attributes:
        says: what it asks of A (`activity`) and B (`other_activity`), for a person.
        has_other: it compares with `other_activity`, which must be given.
        has_closing: it needs `closing_activity`.
        has_within: a time may be given.
        has_times: a number may be given.
        has_same: touchpoints may be matched by an object.
        in_customer: it can be asked of a customer over all journeys.
        needs_end: of a customer it needs a time, as a customer is never over.
    """

    says: str
    has_other: bool = True
    has_closing: bool = False
    has_within: bool = True
    has_times: bool = False
    has_same: bool = True
    in_customer: bool = True
    needs_end: bool = False


KINDS: Final[Mapping[str, Kind]] = {
    "existence": Kind("A happens", has_other=False, has_times=True, has_same=False, needs_end=True),
    "absence": Kind("A never happens", has_other=False, has_within=False, has_same=False),
    "at_most": Kind(
        "A happens at most so many times", has_other=False, has_within=False, has_times=True, has_same=False
    ),
    "starts_with": Kind("A comes first", has_other=False, has_within=False, has_same=False, in_customer=False),
    "responded_existence": Kind("where A happens, B happens before or after it", needs_end=True),
    "coexistence": Kind("A and B happen both or not at all", needs_end=True),
    "response": Kind("after A comes B", needs_end=True),
    "precedence": Kind("before B came A"),
    "succession": Kind("after A comes B, and before B came A", needs_end=True),
    "alternate_response": Kind("after A comes B before the next A", needs_end=True),
    "alternate_precedence": Kind("before B came A, since the last B"),
    "alternate_succession": Kind("A and B take turns", needs_end=True),
    "chain_response": Kind("directly after A comes B", in_customer=False),
    "chain_precedence": Kind("directly before B came A", in_customer=False),
    "chain_succession": Kind("B comes directly after A, and only there", in_customer=False),
    "not_coexistence": Kind("A and B do not both happen", has_within=False, has_same=False),
    "not_succession": Kind("after A comes no B"),
    "not_chain_succession": Kind("directly after A comes no B", in_customer=False),
    "absent_while": Kind("no A between B and what closes it", has_closing=True, has_within=False),
}
"""The kinds of process rules. All but `at_most` and `absent_while` are those of DECLARE (Pesic, van der Aalst 2006)."""
