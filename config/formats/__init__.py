"""Dates as the glossary writes them; what isn't named here is Django's own form of the language."""
