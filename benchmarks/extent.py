"""How much is measured: all of it, or a minute's worth to see that it works."""

from dataclasses import dataclass

from benchmarks.workload import SIZES


@dataclass(frozen=True, slots=True)
class Extent:
    """What one run of the benchmark takes.

    Attributes:
        sizes: results in the request.
        seconds: of racing, at most, for each size.
        crowd: calls of many callers, for each number of them.
        part: of the calls of the other measurements that is made.
        starts: of which the cold start is the median.
        others: seconds for each size of what a team would use instead.
    """

    sizes: tuple[int, ...]
    seconds: float
    crowd: int
    part: float
    starts: int
    others: float

    def calls(self, of: int) -> int:
        """So many of them."""
        return max(2, int(of * self.part))


FULL = Extent(SIZES, 14.0, 640, 1.0, 3, 25.0)
QUICK = Extent(SIZES[:3], 0.5, 64, 0.1, 1, 0.5)
