"""ROOM 3: bytes under names. Nothing here knows what a test is."""
