"""The checks of fracture risk and the spine, in the order of their findings."""

from hooks.check import Check

FRACTURE_CHECKS: tuple[Check, ...] = ()
