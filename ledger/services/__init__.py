"""What may be done with the registers, free of HTTP: one way in for admin, REST, commands and tasks."""
