"""Is this installation well? For load balancers, monitoring and the console's own health card."""
