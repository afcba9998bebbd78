"""Follows a live session: how many particles, how far they went since the last frame, the dose.

    ./liveltem demo
    python3 examples/follow.py tcp://127.0.0.1:5556 [frames]
"""
import sys

import _path  # noqa: F401
import numpy as np
from liveltem.live import messages

endpoint = sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5556"
left = int(sys.argv[2]) if len(sys.argv) > 2 else 10**9
before, dose = {}, None
for topic, header, content in messages(endpoint):
    if topic == "dose":
        dose = content["dose_e_A2"]
        continue
    now = {p: (x, y) for p, x, y in zip(content["particle"], content["x"], content["y"])}
    steps = [np.hypot(now[p][0] - before[p][0], now[p][1] - before[p][1]) for p in now if p in before]
    moved = f"{np.median(steps):.2f} px" if steps else "-"
    print(f"frame {header['frame']}: {len(now)} particles, median step {moved}, dose {'unknown' if dose is None else f'{dose:.3g} e-/A^2'}", flush=True)
    before = now
    left -= 1
    if left == 0:
        break
