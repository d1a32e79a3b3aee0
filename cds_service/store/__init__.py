"""What the service remembers: the decision log, feedback, used tokens, and what need not be said again."""
