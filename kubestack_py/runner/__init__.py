"""The workflows: plan, apply, verify, run, status, validate, demo."""
