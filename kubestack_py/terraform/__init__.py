"""Terraform and OpenTofu: driver, plan JSON to ChangeSet, reading of HCL."""
