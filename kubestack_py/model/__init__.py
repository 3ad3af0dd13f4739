"""The words of the domain as frozen values; standard library only."""
