"""The file of a working copy: its tables, its signed base, and what was changed in it since."""
