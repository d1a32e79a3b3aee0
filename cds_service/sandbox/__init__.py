"""Synthetic patients and the moments in which each of them shows something. Nobody in here is real.

``scenarios.toml`` names the moments, ``patients/<name>.json`` holds one record each (a Bundle of type ``collection``),
``patients/<name>.drafts.json`` the orders being signed, selected or renewed, or the appointments being booked, and
``scenarios.py`` turns them into the request body an EHR would post. Records are FHIR R4, one resource per line, and
tagged ``HTEST`` (test health data).
"""
