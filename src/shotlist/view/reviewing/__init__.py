"""Samples drawn for people to judge, and one clip as they see it."""
