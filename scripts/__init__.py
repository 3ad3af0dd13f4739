"""What developers of kubestack run; no part of the program."""
