"""A small SMART App Launch authorization server for apps tried out on this machine. It trusts everyone here."""
