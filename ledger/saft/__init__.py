"""SAF-T Financial files of Norway, versions 1.0 to 1.20 and 1.30: read as a stream, imported as a whole or not at all.

`parsing` takes XML from anybody: no DTD, no entities, no network, elements dropped as they are read. `reading` knows
the format and nothing of the database; `importing` is the service that stores a file.

Source: Norwegian SAF-T Financial data, schemas 1.10 and 1.30 (Skatteetaten).
"""
