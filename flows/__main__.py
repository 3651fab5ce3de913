"""`python -m flows` is the `modelsearch` command."""

from flows.cli import main

main()
