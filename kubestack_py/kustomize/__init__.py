"""Kustomize: builds, differences to a ChangeSet, the files an overlay reads."""
