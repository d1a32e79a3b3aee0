"""The archive: reads FHIR into a patient record and writes proposals back as FHIR."""
