"""The pages of a working copy that is worked in offline."""
