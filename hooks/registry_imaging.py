"""The checks of imaging and biopsy, in the order of their findings."""

from hooks.check import Check

IMAGING_CHECKS: tuple[Check, ...] = ()
