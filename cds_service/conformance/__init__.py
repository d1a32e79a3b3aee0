"""Checks any CDS Hooks service from outside, row by row: ``osteohooks conformance URL``.

Made of synthetic data and polite to the service; every row can fail, and the tests of this package prove it.
"""
