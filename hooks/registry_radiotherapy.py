"""The checks of radiotherapy and stereotactic radiotherapy, in the order of their findings."""

from hooks.check import Check

RADIOTHERAPY_CHECKS: tuple[Check, ...] = ()
