"""What the service costs: ``python -m benchmarks``, or ``make bench``. How and why: docs/benchmark.md."""
