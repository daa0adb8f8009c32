"""Field mapping: rows, transforms, proposals, preview."""

from core.mapping import builtin  # noqa: F401  registers the transforms that come with the platform
