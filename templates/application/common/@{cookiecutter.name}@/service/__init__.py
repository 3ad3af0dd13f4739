"""A small web service of the standard library alone: put your own in its place."""
