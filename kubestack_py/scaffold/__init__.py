"""New repositories from the templates."""
