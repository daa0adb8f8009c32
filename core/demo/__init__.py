"""The demonstration: every installed flow, once, against the sandbox, through the real processes.

An integration takes part with a folder of its own, ``integrations/<name>/demo/``: ``demo.yaml`` (an ``apply`` file
that may use ${SANDBOX_URL}) and ``__init__.py`` with ``STEPS``, a list of core.demo.steps.DemoStep, and
optionally ``environment(sandbox_url) -> dict`` (more ${NAMES} for demo.yaml).
"""
