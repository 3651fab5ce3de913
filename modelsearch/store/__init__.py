"""The only room with pyarrow, sqlite3 and the files of a run. The journal is the truth while a run is open."""
