"""kubestack.yaml to a Platform, with errors that name file, line and key path."""
