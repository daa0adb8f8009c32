"""A pretended Weaver e-cology 9: REST at /ecology/api/..., its people's page at /ecology/."""
