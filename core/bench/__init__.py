"""Figures: always a ratio to a baseline measured in the same run, interleaved.

An integration takes part with ``integrations/<name>/bench.py``: ``SCENARIOS``, a list of core.bench.scenario.Scenario.
"""
