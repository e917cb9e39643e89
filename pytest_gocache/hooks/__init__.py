"""ROOM 1: speaks pytest, decides nothing. Each file translates one kind of hook into one question to core."""
