"""The street: HTTP, settings, clock, command line. The only storey that touches the world."""
