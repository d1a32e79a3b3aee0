"""What those who run the service need: health, metrics, logs, traces, limits, the production server, its description.

Nothing here thinks about patients, and nothing here may repeat what belongs to one.
"""

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder in which several workers count together."""
