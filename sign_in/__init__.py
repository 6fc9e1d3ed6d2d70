"""How people sign in: lockout, a second factor, sessions that end, forgotten passwords, OpenID Connect.

- Nobody has a session before every step is done: a password alone opens nothing where there is a second factor.
- A code is taken once. Wrong ones count like wrong passwords, and make the authenticator itself slower.
- What an authenticator and the recovery codes are made of can't be read from the database: it needs the pepper as well.
- A session ends by itself, when its person says so anywhere, with the password, and with the person.
"""
