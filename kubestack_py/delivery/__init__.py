"""How rendered manifests reach a cluster."""
