"""The background processes of one machine."""
