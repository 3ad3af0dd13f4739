"""Operators on a cluster that follow a rendered branch: what Flux and Argo CD say of themselves."""
