"""Environment that fixes the arithmetic's bits; to be applied before torch is imported.

Which kernels run depends on the processor, and the order of a sum on the number of
threads. Both sides pin the same, or no gradient would be bitwise equal to its reference.
"""

import os
from collections.abc import MutableMapping

PINNED = {
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_CBWR": "COMPATIBLE",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
    "MPLBACKEND": "Agg",
    "PYTHONHASHSEED": "0",
    "TQDM_DISABLE": "1",
}


def apply(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set the pins in `environment`, by default this process's own."""
    environment.update(PINNED)
