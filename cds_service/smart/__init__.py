"""SMART App Launch 2: how a clinician opens the app from a chart or a card, and how long the EHR's token is kept."""
