"""Tracks for napari (an array), for TrackMate (XML and CSV); trackpy and pandas read tracks.csv as it is.

    python3 examples/interop.py results [pixel size in nm] [frame time in s]
"""
import os
import sys

import _path  # noqa: F401
import numpy as np
from liveltem import napari_tracks, tracks_of, write_trackmate_csv, write_trackmate_xml

folder = sys.argv[1]
pixel_size_nm = float(sys.argv[2]) if len(sys.argv) > 2 else None
frame_time_s = float(sys.argv[3]) if len(sys.argv) > 3 else None
tracks = tracks_of(folder)

data, properties = napari_tracks(tracks)
np.save(os.path.join(folder, "napari_tracks.npy"), data)
print(f"napari_tracks.npy: {data.shape[0]} points of {len(np.unique(data[:, 0]))} tracks, properties {', '.join(properties)}")
# In napari: viewer.add_tracks(np.load("napari_tracks.npy"))

write_trackmate_xml(tracks, os.path.join(folder, "trackmate.xml"), pixel_size_nm, frame_time_s)
write_trackmate_csv(tracks, os.path.join(folder, "trackmate.csv"), pixel_size_nm, frame_time_s)
print("trackmate.xml and trackmate.csv")
