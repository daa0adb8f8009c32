"""Pages of the console that are no list or form of one model, one small module each."""
