"""Doors to the outside: processes, terminal, files, Git, signals."""
