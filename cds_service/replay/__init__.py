"""What the rules would have said to a whole cohort, from files: without an EHR, on one machine or on many."""
