"""Rules over change sets and manifests. Pure functions of values, but for the doors to other engines."""
