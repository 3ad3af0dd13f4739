"""CI variables to an Event, one small function per host."""
