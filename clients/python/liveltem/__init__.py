"""What LiveLTEM writes and tells, in Python: tables, figures, a live session, and the forms that napari and TrackMate read.

Needs numpy; `live` also needs pyzmq and msgpack (Debian: python3-numpy python3-zmq python3-msgpack).
"""
from .interop import napari_tracks, write_trackmate_csv, write_trackmate_xml
from .tables import figures, read_table, tracks_of

__all__ = ["figures", "napari_tracks", "read_table", "tracks_of", "write_trackmate_csv", "write_trackmate_xml"]
