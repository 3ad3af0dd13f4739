"""Speed of `kubestack` against the same work done by hand, side by side: `python -m bench --help`."""
