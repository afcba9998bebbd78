#!/usr/bin/env python3
"""Alerts against simulated faults: what is raised of what went wrong, how late, and what is raised of nothing.

    python3 tests/alerts_on_faults.py --seeds 320:339             # a Markdown table on stdout
    python3 tests/alerts_on_faults.py --clean free crystal --seeds 320:322

Every seed is one recording of the scene `faults` (all kinds in turn in every hundred frames). A fault is found where its kind is raised from its first
frame to SLACK frames after its last one; the delay is counted in received frames from its first. An alert that belongs to no fault is false.
A blanked or saturated beam changes the dose rate too: `dose_rate_step` is no false alarm there. Standard library only.
"""
import argparse
import csv
import json
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile

SLACK = 10
ROOT = pathlib.Path(__file__).resolve().parent.parent
KINDS = {
    "dropped": "frames_lost", "repeated": "frames_repeated", "blank": "beam_blank", "drift-jump": "drift_jump",
    "dose-step": "dose_rate_step", "saturated": "saturation", "bubble": "bubble", "defocus": "focus_change",
}
ALSO = {"saturated": {"dose_rate_step"}, "blank": {"dose_rate_step"}}

# What a healthy recording of the scene shows all the same.
EXPECTED = {"etching": {"etching_fast"}}


def run(program, *arguments):
    done = subprocess.run([*program, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{shlex.join([*program, *map(str, arguments)])}: {done.stderr.strip()}")


def alerts_of(program, scene, seed, frames, size, folder):
    run(program, "analyze", f"sim:{scene}?frames={frames}&size={size}&seed={seed}", "--model", "none", "--out", folder / "results")
    path = folder / "results" / "alerts.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def faults_of(program, seed, frames, size, folder):
    """Every fault as kind, first and last frame, by the camera's numbers, which alerts of a simulated camera have too."""
    run(program, "simulate", "faults", "--seed", seed, "--frames", frames, "--size", size, "--out", folder / "truth")
    spans = []
    with open(folder / "truth" / "faults.csv", newline="") as file:
        for row in csv.DictReader(file):
            frame = int(row["number"])
            if spans and spans[-1][0] == row["fault"] and frame - spans[-1][2] <= 1:
                spans[-1][2] = frame
            else:
                spans.append([row["fault"], frame, frame])
    (folder / "truth" / "movie.mrc").unlink()
    return spans


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="320:339", help="first and last seed")
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--clean", nargs="*", default=[], metavar="SCENE", help="healthy scenes to look for false alarms in, instead of the faults")
    parser.add_argument("--program", default=str(ROOT / "liveltem"))
    options = parser.parse_args()
    program = shlex.split(options.program)
    first, last = (int(part) for part in options.seeds.split(":"))
    seeds = range(first, last + 1)
    for scene in options.clean:
        false, seen = 0, []
        for seed in seeds:
            with tempfile.TemporaryDirectory() as folder:
                alerts = alerts_of(program, scene, seed, options.frames, options.size, pathlib.Path(folder))
            wrong = [a for a in alerts if a["kind"] not in EXPECTED.get(scene, set())]
            false += len(wrong)
            seen += [f"{a['kind']} {seed}/{a.get('frame')}" for a in wrong]
        print(f"| {scene} | {len(seeds) * options.frames} frames | {false} false | {', '.join(seen)} |", flush=True)
    if options.clean:
        return
    delays, missed, false, clean = {kind: [] for kind in KINDS}, {kind: [] for kind in KINDS}, {}, 0
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder)
            spans = faults_of(program, seed, options.frames, options.size, path)
            alerts = alerts_of(program, "faults", seed, options.frames, options.size, path)
        belongs = set()
        for kind, start, end in spans:
            found = [a for a in alerts if a["kind"] == KINDS[kind] and a.get("frame") is not None and start <= a["frame"] <= end + SLACK]
            if found:
                delays[kind].append(min(a["frame"] for a in found) - start)
            else:
                missed[kind].append(f"{seed}/{start}")
            for alert in alerts:
                if alert["kind"] in {KINDS[kind]} | ALSO.get(kind, set()) and alert.get("frame") is not None and start <= alert["frame"] <= end + SLACK:
                    belongs.add(alert["id"])
        for alert in alerts:
            if alert["id"] not in belongs:
                false.setdefault(alert["kind"], []).append(f"{seed}/{alert.get('frame')}")
        clean += options.frames - sum(end - start + 1 for kind, start, end in spans if kind != "dropped")
    print("| fault | kind | found | delay, frames: median, longest | missed, seed/frame |\n|---|---|---|---|---|")
    for fault, kind in KINDS.items():
        number = len(delays[fault]) + len(missed[fault])
        if number:
            late = f"{statistics.median(delays[fault]):g}, {max(delays[fault])}" if delays[fault] else "-"
            print(f"| {fault} | `{kind}` | {len(delays[fault])} of {number} | {late} | {', '.join(missed[fault])} |")
    wrong = sum(len(places) for places in false.values())
    print(f"\nFalse alarms: {wrong} in {clean} clean frames. {'; '.join(f'{kind} {places}' for kind, places in false.items())}")


if __name__ == "__main__":
    main()
