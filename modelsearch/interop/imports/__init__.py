"""One file a tool whose logs are read: files in, `logged.Evaluation` out. Nothing is written here, nothing believed.

A new tool = one file with an `IMPORTER`, and its test. The command, its options, the folder that is written, the
scorers that are held against the tool's own and what is told of it all come by themselves.
"""
