"""Servers on this machine that answer as the hosts do, and the real clients against them."""
