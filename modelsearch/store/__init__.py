"""The only room with pyarrow, sqlite3 and the files of a run. The journal is the truth while a run is open.

Everything else is recomputed from it: the ledger (`Ledger.from_events`), the trajectory, and at the end of a stage the
tables, one declared Parquet file each. So they cannot disagree, and a killed run goes on by reading its journal.

Refused: one database for all of it (a transaction per call costs ten times a `write`, and two truths drift); Parquet
while the run is open (a row group per row costs 2 ms); a buffered journal (kill -9 loses what was acknowledged).
Import the modules, not this package: `tables`, `recorded` and `schemas` load pyarrow (0.8 s), the others do not.
"""
