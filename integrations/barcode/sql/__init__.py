"""SQL from outside: read with sqlglot, checked, capped. Nothing unchecked leaves this process."""
