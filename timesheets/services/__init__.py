"""What may be done with hours, free of HTTP: one way in for admin, REST, CSV and the time API."""
