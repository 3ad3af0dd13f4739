"""What an event means, what content is, what was proved, and whether it may go on."""
