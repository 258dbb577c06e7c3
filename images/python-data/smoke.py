import numpy as np
import pandas as pd
from scipy import special

frame = pd.DataFrame({"a": np.arange(3), "b": special.comb(3, np.arange(3))})
print(frame.sum().to_dict())
