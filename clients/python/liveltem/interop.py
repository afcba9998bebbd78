"""Tracks in the forms that other programs read. trackpy and pandas need nothing: they read tracks.csv and tracks.parquet as they are."""
import csv
import xml.etree.ElementTree as xml

import numpy as np

_SPOT_FEATURES = [
    ("QUALITY", "Quality", "Quality", "QUALITY", False),
    ("POSITION_X", "X", "X", "POSITION", False),
    ("POSITION_Y", "Y", "Y", "POSITION", False),
    ("POSITION_Z", "Z", "Z", "POSITION", False),
    ("POSITION_T", "T", "T", "TIME", False),
    ("FRAME", "Frame", "Frame", "NONE", True),
    ("RADIUS", "Radius", "R", "LENGTH", False),
    ("VISIBILITY", "Visibility", "Visibility", "NONE", True),
]
_EDGE_FEATURES = [
    ("SPOT_SOURCE_ID", "Source spot ID", "Source ID", "NONE", True),
    ("SPOT_TARGET_ID", "Target spot ID", "Target ID", "NONE", True),
    ("LINK_COST", "Edge cost", "Cost", "COST", False),
]
_TRACK_FEATURES = [
    ("TRACK_ID", "Track ID", "ID", "NONE", True),
    ("NUMBER_SPOTS", "Number of spots in track", "N spots", "NONE", True),
]


def napari_tracks(tracks):
    """What napari's add_tracks takes.

    Returns (data, properties): data is float64 [rows, 4] of track, frame, y, x in px, sorted by track and then by frame; properties are the other
    columns in the same order. `viewer.add_tracks(data, properties=properties)`.
    """
    order = np.lexsort((tracks["frame"], tracks["particle"]))
    data = np.column_stack([np.asarray(tracks[name], float)[order] for name in ("particle", "frame", "y", "x")])
    others = {name: np.asarray(values)[order] for name, values in tracks.items() if name not in ("particle", "frame", "x", "y")}
    return data, others


def write_trackmate_xml(tracks, path, pixel_size_nm=None, frame_time_s=None, width=0, height=0):
    """Writes a TrackMate session (version 7), for Plugins > Tracking > Load a TrackMate file.

    Lengths are in nm where the pixel size is given, else in pixels; times in s where the frame time is given, else in frames.
    """
    scale, interval = pixel_size_nm or 1.0, frame_time_s or 1.0
    frames = tracks["frame"]
    root = xml.Element("TrackMate", version="7.11.1")
    model = xml.SubElement(root, "Model", spatialunits="nm" if pixel_size_nm else "pixel", timeunits="sec" if frame_time_s else "frame")
    declarations = xml.SubElement(model, "FeatureDeclarations")
    for kind, features in (("SpotFeatures", _SPOT_FEATURES), ("EdgeFeatures", _EDGE_FEATURES), ("TrackFeatures", _TRACK_FEATURES)):
        group = xml.SubElement(declarations, kind)
        for name, title, short, dimension, whole in features:
            xml.SubElement(group, "Feature", feature=name, name=title, shortname=short, dimension=dimension, isint=str(whole).lower())

    spots = xml.SubElement(model, "AllSpots", nspots=str(len(frames)))
    for frame in np.unique(frames):
        group = xml.SubElement(spots, "SpotsInFrame", frame=str(frame))
        for row in np.flatnonzero(frames == frame):
            xml.SubElement(group, "Spot", _spot(tracks, row, scale, interval))

    everything = xml.SubElement(model, "AllTracks")
    kept = xml.SubElement(model, "FilteredTracks")
    for particle, rows in _by_particle(tracks):
        if len(rows) < 2:
            continue  # a TrackMate track is made of edges
        track = xml.SubElement(everything, "Track", name=f"Track_{particle}", TRACK_ID=str(particle), NUMBER_SPOTS=str(len(rows)))
        for before, after in zip(rows[:-1], rows[1:]):
            step = scale * np.hypot(tracks["x"][after] - tracks["x"][before], tracks["y"][after] - tracks["y"][before])
            xml.SubElement(track, "Edge", SPOT_SOURCE_ID=str(before), SPOT_TARGET_ID=str(after), LINK_COST=repr(float(step**2)))
        xml.SubElement(kept, "TrackID", TRACK_ID=str(particle))

    settings = xml.SubElement(root, "Settings")
    xml.SubElement(
        settings, "ImageData", filename="", folder="", width=str(width), height=str(height), nslices="1", nframes=str(int(frames.max()) + 1 if len(frames) else 0),
        pixelwidth=repr(float(scale)), pixelheight=repr(float(scale)), voxeldepth="1.0", timeinterval=repr(float(interval)))
    tree = xml.ElementTree(root)
    tree.write(path, encoding="UTF-8", xml_declaration=True)


def write_trackmate_csv(tracks, path, pixel_size_nm=None, frame_time_s=None):
    """Writes TrackMate's table of spots (four lines of headings), which its CSV importer reads back."""
    scale, interval = pixel_size_nm or 1.0, frame_time_s or 1.0
    units = {"POSITION": "(nm)" if pixel_size_nm else "(pixel)", "LENGTH": "(nm)" if pixel_size_nm else "(pixel)", "TIME": "(sec)" if frame_time_s else "(frame)", "QUALITY": "(quality)"}
    heads = [("LABEL", "Label", "Label", ""), ("ID", "Spot ID", "Spot ID", ""), ("TRACK_ID", "Track ID", "Track ID", "")]
    heads += [(name, title, short, units.get(dimension, "")) for name, title, short, dimension, _ in _SPOT_FEATURES]
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerows(zip(*heads))
        for particle, rows in _by_particle(tracks):
            for row in rows:
                spot = _spot(tracks, row, scale, interval)
                out.writerow([spot["name"], spot["ID"], particle] + [spot[name] for name, *_ in _SPOT_FEATURES])


def _spot(tracks, row, scale, interval):
    area = tracks["area_px"][row] if "area_px" in tracks else np.nan
    score = tracks["score"][row] if "score" in tracks else np.nan
    return {
        "ID": str(row),
        "name": f"ID{row}",
        "QUALITY": repr(float(score) if np.isfinite(score) else 1.0),
        "POSITION_X": repr(float(scale * tracks["x"][row])),
        "POSITION_Y": repr(float(scale * tracks["y"][row])),
        "POSITION_Z": "0.0",
        "POSITION_T": repr(float(interval * tracks["frame"][row])),
        "FRAME": str(int(tracks["frame"][row])),
        # Of the circle of the same area; TrackMate wants one for every spot.
        "RADIUS": repr(float(scale * (np.sqrt(area / np.pi) if np.isfinite(area) else 2.0))),
        "VISIBILITY": "1",
    }


def _by_particle(tracks):
    order = np.lexsort((tracks["frame"], tracks["particle"]))
    numbers, starts = np.unique(tracks["particle"][order], return_index=True)
    return zip(numbers, np.split(order, starts[1:]))
