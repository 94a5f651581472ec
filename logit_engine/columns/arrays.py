"""Arrays by what they hold: numbers, numbers of any precision, codes."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Real = NDArray[np.floating]  # float64, or an extended type
Codes = NDArray[np.int32] | NDArray[np.int64]
