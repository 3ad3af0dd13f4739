"""The hosts' APIs: pull requests, comments on them, commit statuses and labels."""
