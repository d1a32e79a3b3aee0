"""The checks of the tumour board and oligometastatic disease, in the order of their findings."""

from hooks.check import Check

BOARD_CHECKS: tuple[Check, ...] = ()
