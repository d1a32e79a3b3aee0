"""Fetches from an EHR's FHIR server what a call did not bring along: the only outgoing calls of the house."""
