"""Memory that large arrays are kept in."""

import ctypes
import sys

_MMAP_MAX, _TRIM_THRESHOLD = -4, -1  # of mallopt(3)


def keep_freed() -> None:
    """Have the C library keep what is freed, for the arrays of the next step, as long as this process lives.

    Else each array of more than 32 MB is new memory, and the kernel clears it page by page: a fifth of the time of
    training on the processor. Other libraries than glibc are left as they are.
    """
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        library.mallopt(_MMAP_MAX, 0)
        library.mallopt(_TRIM_THRESHOLD, 2**31 - 1)
