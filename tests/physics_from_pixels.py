#!/usr/bin/env python3
"""Physics end to end from pixels: simulates movies, analyses them and holds the figures against what the simulation put in.

    python3 tests/physics_from_pixels.py --seeds 320:324                   # every scene, a Markdown table on stdout
    python3 tests/physics_from_pixels.py --scenes etching --seeds 320:330 --frames 200

Each figure is held against one truth: what scene.json states (cells, amplitudes, rates, stiffness), or where the simulation sets no number of its own
(diffusion and growth among neighbours) what the same definition gives on the true poses of truth.csv and the true clusters of
frames_truth.csv. A figure passes within its allowance or within two of its own errors, vibration amplitudes and cells within the allowance.
Exit code 1 where one does not. Standard library only.
"""
import argparse
import csv
import json
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

FARTHEST_STEP_PX = 60
ROOT = pathlib.Path(__file__).resolve().parent.parent

# Frames, side of the frame, and for each figure: analysis, name, where the truth is, allowed deviation, whether two sigma pass too.
SCENES = {
    "crystal": (100, 512, [
        ("lattice", "a1_nm", "fact:a1_nm", 0.003, False),
        ("lattice", "a2_nm", "fact:a2_nm", 0.003, False),
        ("lattice", "angle_deg", "fact:cell_angle_deg", 0.003, False),
        ("lattice", "displacement_rms_nm", "poses", 0.06, False),
        ("lattice", "rotation_rms_deg", "poses", 0.06, False),
    ]),
    "etching": (100, 512, [
        ("etch", "facet_rate_nm_s", "fact:facet_rate_nm_s", 0.1, True),
        ("etch", "corner_rate_nm_s", "fact:corner_rate_nm_s", 0.1, True),
        ("etch", "side_rate_nm_s", "fact:side_rate_nm_s", 0.1, True),
        ("etch", "end_rate_nm_s", "fact:end_rate_nm_s", 0.1, True),
    ]),
    "growth": (100, 512, [
        ("growth", "attach_per_s", "merges", 0.1, True),
        ("growth", "mean_cluster_size", "clusters", 0.1, True),
    ]),
    "interface": (200, 1024, [
        ("interface", "stiffness_kT_per_nm", "fact:stiffness_kT_per_nm", 0.1, True),
        ("interface", "mobility_nm3_kT_s", "fact:mobility_nm3_kT_s", 0.1, True),
    ]),
    "free": (150, 512, [
        ("msd", "D_nm2_s", "poses", 0.1, True),
        ("msd", "D_rot_deg2_s", "poses", 0.1, True),
    ]),
}


def run(program, *arguments):
    done = subprocess.run([*program, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{shlex.join([*program, *map(str, arguments)])}: {done.stderr.strip()}")
    return done.stdout


def write_poses(truth, out):
    """The true poses as tracks. A free body that leaves the simulated domain comes in again at its other side: from there on it is another one."""
    with truth.open() as source, out.open("w", newline="") as target:
        rows = csv.DictReader(source)
        table = csv.DictWriter(target, rows.fieldnames)
        table.writeheader()
        last, part = {}, {}
        for row in rows:
            particle, at = row["particle"], (float(row["x"]), float(row["y"]))
            before = last.get(particle)
            if before and max(abs(at[0] - before[0]), abs(at[1] - before[1])) > FARTHEST_STEP_PX:
                part[particle] = part.get(particle, 0) + 1
            last[particle] = at
            table.writerow(row | {"particle": f"{int(particle) + 100000 * part.get(particle, 0)}"})


def truths(folder, program, scene, calibration):
    """Everything the simulation knows of this movie, by the words used in SCENES."""
    known = {f"fact:{name}": value for name, value in scene["facts"].items()}
    poses = folder / "poses"
    write_poses(folder / "truth.csv", folder / "poses.csv")
    run(program, "analyze", "--tracks", folder / "poses.csv", "--out", poses, *calibration)
    known["poses"] = json.loads((poses / "analysis.json").read_text())
    frames = list(csv.DictReader((folder / "frames_truth.csv").open()))
    if frames[0].get("clusters"):
        clusters = [int(row["clusters"]) for row in frames]
        seconds = float(frames[-1]["time_s"]) - float(frames[0]["time_s"])
        known["merges"] = (clusters[0] - clusters[-1]) / seconds
        last = frames[-max(1, len(frames) // 10):]
        known["clusters"] = sum(float(row["mean_cluster_size"]) for row in last) / len(last)
    return known


def measure(program, name, seed, frames, size, where, profile):
    folder = where / f"{name}-{seed}"
    told = run(program, "simulate", name, "--out", folder, "--seed", seed, "--frames", frames, "--size", size)
    line = shlex.split(told.strip().splitlines()[-1])
    calibration = line[line.index("--pixel-size-nm"):]
    scene = json.loads((folder / "scene.json").read_text())
    results = folder / "results"
    run(program, "analyze", folder / "movie.mrc", "--out", results, *calibration, *(["--profile", profile] if profile else []))
    figures = json.loads((results / "analysis.json").read_text())
    known = truths(folder, program, scene, [c for c in calibration[:6]])
    for analysis, figure, source, allowed, sigmas in SCENES[name][2]:
        truth = known[source]
        if source == "poses":
            truth = (truth[analysis][figure] or {}).get("value")
        found = figures[analysis][figure]
        row = {"scene": name, "seed": seed, "figure": figure, "truth": truth, "allowed": allowed}
        if found is None or truth is None:
            yield row | {"found": None, "err": None, "ok": False, "why": figures["analysis_notes"].get(analysis, {}).get(figure, "no truth")}
            continue
        off = found["value"] / truth - 1
        err = found["err"] or 0
        ok = abs(off) <= allowed or (sigmas and abs(found["value"] - truth) <= 2 * err)
        yield row | {"found": found["value"], "err": err, "off": off, "sigmas": (found["value"] - truth) / err if err else None, "ok": ok}
    (folder / "movie.mrc").unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", nargs="+", choices=sorted(SCENES), default=list(SCENES))
    parser.add_argument("--seeds", default="320:324", help="first and one past the last")
    parser.add_argument("--frames", type=int, help="instead of as many as the scene usually has")
    parser.add_argument("--size", type=int, help="instead of the side that the scene usually has")
    parser.add_argument("--profile", help="profile of the analysis; the default one where not given")
    parser.add_argument("--program", default=str(ROOT / "liveltem"), help="command that runs liveltem")
    parser.add_argument("--keep", help="folder to work in and to leave the results in; a temporary one where not given")
    parser.add_argument("--json", help="file for every row")
    asked = parser.parse_args()
    first, end = map(int, asked.seeds.split(":"))
    where = pathlib.Path(asked.keep or tempfile.mkdtemp(prefix="liveltem-physics-"))
    rows = []
    print("| scene | seed | figure | found | true | off | |\n|---|---|---|---|---|---|---|", flush=True)
    try:
        for name in asked.scenes:
            for seed in range(first, end):
                for row in measure(shlex.split(asked.program), name, seed, asked.frames or SCENES[name][0], asked.size or SCENES[name][1], where, asked.profile):
                    rows.append(row)
                    if row["found"] is None:
                        print(f"| {name} | {seed} | `{row['figure']}` | none: {row['why']} | {row['truth'] or '?'} | | no |", flush=True)
                    else:
                        print(f"| {name} | {seed} | `{row['figure']}` | {row['found']:.4g} +- {row['err']:.2g} | {row['truth']:.4g} | "
                              f"{100 * row['off']:+.1f} % | {'yes' if row['ok'] else 'no'} |", flush=True)
    finally:
        if not asked.keep:
            shutil.rmtree(where, ignore_errors=True)
    if asked.json:
        pathlib.Path(asked.json).write_text(json.dumps(rows, indent=1))
    good = sum(row["ok"] for row in rows)
    print(f"\n{good} of {len(rows)} within their allowance")
    return 0 if good == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
