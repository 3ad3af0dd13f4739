"""Delivery `kubectl`: server-side apply to the cluster of an environment, with the user's own kubeconfig."""
