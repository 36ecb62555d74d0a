"""Clips as a folder that needs no viewer: pages, films and tables for sharing a sample."""
