"""One module per purpose: `base` reads the environment, `local`, `production` and `test` say what differs."""
