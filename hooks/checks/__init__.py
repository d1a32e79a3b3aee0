"""One module per topic; each check answers two questions about a patient record."""
