"""The tables and figures of `liveltem analyze --out DIR` and `liveltem sessions export`."""
import csv
import json
import os

import numpy as np

_WORDS = {"flags"}
_WHOLE = {"frame", "particle"}


def read_table(path):
    """Columns of a CSV by name. Numbers are float64 with NaN where a cell is empty, `frame` and `particle` int64, `flags` str."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        names = next(rows)
        cells = list(zip(*rows)) or [()] * len(names)
    columns = {}
    for name, values in zip(names, cells):
        if name in _WORDS:
            columns[name] = np.array(values, dtype=str)
        elif name in _WHOLE and all(values):
            columns[name] = np.array(values, dtype=float).astype(np.int64)
        else:
            columns[name] = np.array([float(value) if value else np.nan for value in values])
    return columns


def tracks_of(folder):
    """`tracks.csv` of a folder of results, sorted by particle and then by frame."""
    columns = read_table(os.path.join(folder, "tracks.csv"))
    order = np.lexsort((columns["frame"], columns["particle"]))
    return {name: values[order] for name, values in columns.items()}


def figures(folder):
    """Figures that are known, as {"msd.D_nm2_s": {"value", "err", "unit", "n", ...}}; and why others are not, as {"etch.side_rate_nm_s": reason}."""
    with open(os.path.join(folder, "analysis.json"), encoding="utf-8") as file:
        content = json.load(file)
    known, missing = {}, {}
    for analysis, values in content.items():
        if analysis in ("analysis_notes", "enough_yet"):
            continue
        for name, value in values.items():
            if value is None:
                missing[f"{analysis}.{name}"] = content["analysis_notes"].get(analysis, {}).get(name, "")
            else:
                known[f"{analysis}.{name}"] = value
    return known, missing
