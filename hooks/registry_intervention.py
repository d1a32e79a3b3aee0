"""The checks of cementoplasty and bone surgery, in the order of their findings."""

from hooks.check import Check

INTERVENTION_CHECKS: tuple[Check, ...] = ()
