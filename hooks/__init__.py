"""The consulting room: the wire, the checks, their tables and texts, and the cards."""
