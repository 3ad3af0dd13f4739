"""The commands: options in, one call, render, exit code."""
