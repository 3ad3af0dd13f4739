"""Renderers over values: text, Markdown, JSON."""
