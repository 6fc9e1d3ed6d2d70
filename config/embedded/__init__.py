"""PostgreSQL, Valkey and Utkorg's processes on one machine, from wheels alone.

Everything lives in one folder, `$UTKORG_HOME`; nothing listens but the web server and sockets in a private folder.
"""
