"""The create-flow wizard: template, connections, global config, mapping, summary (seed 2.5.5, 5.5.5, 6.5.4.3)."""
