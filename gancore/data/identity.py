"""A name for what data holds, wherever it lies and whatever it is called."""

from __future__ import annotations

import hashlib

import numpy as np
from torch import Tensor


def digest(*parts: Tensor | str) -> str:
    """BLAKE2b over texts and tensors of whole numbers, with their types and shapes, as 32 hexadecimal digits.

    The same on every device, processor and version of torch. Tensors of fractions have no place here unless they were
    read from a file: what a processor computes may differ from another's in the last bits.
    """
    total = hashlib.blake2b(digest_size=16)
    for part in parts:
        if isinstance(part, str):
            content = part.encode()
            total.update(f"text {len(content)}:".encode() + content)
        else:
            array = np.ascontiguousarray(part.detach().cpu().numpy())
            array = array.astype(array.dtype.newbyteorder("<"), copy=False)
            total.update(f"{array.dtype.kind}{array.dtype.itemsize} {array.shape}:".encode())
            total.update(array.data)
    return total.hexdigest()
