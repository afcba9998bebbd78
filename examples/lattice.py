"""How a crystal's particles vibrate: the figures with their errors, and the same displacement worked out again from tracks.csv.

    ./liveltem simulate crystal --frames 60 --out sim
    (the analyze line that it prints, with --out results)
    python3 examples/lattice.py results
"""
import sys

import _path  # noqa: F401
import numpy as np
from liveltem import figures, tracks_of

known, missing = figures(sys.argv[1])
for name, figure in known.items():
    if isinstance(figure, dict) and name.split(".")[0] in ("lattice", "msd"):
        error = "" if figure["err"] is None else f" +- {figure['err']:.2g}"
        floor = f", noise floor {figure['noise_floor']:.3g}" if "noise_floor" in figure else ""
        print(f"{name} = {figure['value']:.4g}{error} {figure['unit']} (n = {figure['n']}{floor})")
for name, reason in missing.items():
    print(f"{name}: {reason}")

# Every particle about its own mean, the motion that all share taken off.
tracks = tracks_of(sys.argv[1])
whole = ~np.char.startswith(tracks["flags"], "border")
frame, particle = tracks["frame"][whole], tracks["particle"][whole]
xy = np.column_stack([tracks["x"], tracks["y"]])[whole]
frames = np.unique(frame)
long_ones = [p for p in np.unique(particle) if np.sum(particle == p) == len(frames)]
cube = np.array([xy[particle == p] for p in long_ones])  # [particles, frames, 2]
cube -= cube.mean(axis=1, keepdims=True)
cube -= cube.mean(axis=0, keepdims=True)
print(f"{len(long_ones)} particles in all {len(frames)} frames: rms displacement {np.sqrt((cube**2).sum(axis=2).mean()):.3f} px as measured")
