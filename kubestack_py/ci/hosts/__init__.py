"""The hosts' APIs: comments on pull requests, commit statuses and labels."""
