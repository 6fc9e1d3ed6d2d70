"""Registers over REST: parse, read, render."""
