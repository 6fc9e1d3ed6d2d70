"""The admin's first page, what it shows of a subscription on that one's page, and the pages of backlog policies."""
