"""The pipeline of a platform as one value, and a renderer of it for each host."""
