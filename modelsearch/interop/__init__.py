"""Doors to the tools around us: what they have measured comes in, what we recommend goes out.

Why a room of its own: other people's formats change when they like. Everything that knows one of them is here, so that
the rest of the house never does. What comes in is text of strangers: it is checked like a task file, and never run.
What goes out names environment variables, never a key.

    imports/   results and traffic of others -> task spec, items, the baseline's outcomes, recorded tables
    exports/   a recommendation -> what a team pastes into production
    inspect_*  our stopping rule inside Inspect, Inspect's tasks as task specs (extra `inspect`, imported late)
"""
