"""ROOM 2: decides. Nothing here imports pytest; everything here can be tested without it."""
