"""All that django-q ever calls in core."""
