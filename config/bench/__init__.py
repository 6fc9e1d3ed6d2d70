"""`manage.py bench`: how fast the heart is, each figure beside a baseline measured in the same run.

Baseline and figure alternate, and medians are compared: a busy machine slows both. All is durable, on the real tables
with their keys, indexes and triggers, in databases that are made for it and dropped.
"""
