"""Checks a deployment before patients depend on it (``osteohooks doctor``): small independent checks with remedies."""
