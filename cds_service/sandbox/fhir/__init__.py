"""The shipped patients as a small FHIR R4 server in memory: what an EHR's server would answer to our templates."""
