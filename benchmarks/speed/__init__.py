"""Speed beside the peers: `python -m benchmarks short-text` and its like; `all` runs every case.

Every engine (engines/) works in a process of its own (worker.py). They are asked in turn (rounds.py), with
the same inputs (workload.py). A case (cases/) names what is asked and writes a section; targets.py says what
is enough.
"""
