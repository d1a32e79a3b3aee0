"""The checks of the tumour board and oligometastatic disease, in the order of their findings."""

from hooks.check import Check
from hooks.registry_oligometastatic import OLIGO_CHECKS

BOARD_CHECKS: tuple[Check, ...] = (*OLIGO_CHECKS,)
