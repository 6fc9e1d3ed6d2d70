"""Supervisor in this process, in the foreground, with what a person should hear about it on the terminal."""

import json
import os
from pathlib import Path
from typing import Any

from supervisor import events
from supervisor.medusa.asyncore_25 import ExitNow
from supervisor.options import ServerOptions
from supervisor.states import SupervisorStates
from supervisor.supervisord import Supervisor

from config.embedded.home import Home

CONFIGURATION = Path(__file__).with_name("supervisord.conf")
APPLICATION = "utkorg"

BANNER = """
Utkorg is ready: {url}/admin/

  user          {admin_user}
  password      {admin_password}
  API key       {api_key}
  integration   {integration_id}
  invoices      by mail to {mail}

These are kept in {file}, logs in {log}.
Ctrl-C stops everything.
"""
BANNER_AGAIN = """
Utkorg is ready: {url}/admin/

User, password and API key are in {file}, logs in {log}.
Mail with invoices is received on {mail}.
Ctrl-C stops everything.
"""


class Foreground(Supervisor):
    """Starts the application when `prepare` is done, and tells when it is ready and what ends unasked."""

    def __init__(self, options: ServerOptions, home: Home) -> None:
        super().__init__(options)  # type: ignore[no-untyped-call]
        self.home = home
        self.failed = False
        self.first_run = not home.credentials.exists()  # secrets are shown once

    def runforever(self) -> None:
        # Here and not earlier: run() empties the list of subscribers before it comes to this.
        events.subscribe(events.ProcessStateExitedEvent, self.on_exit)
        events.subscribe(events.ProcessStateFatalEvent, self.on_fatal)
        super().runforever()  # type: ignore[no-untyped-call]

    def on_exit(self, event: Any) -> None:
        match event.process.config.name:
            case _ if self.stopping:
                return
            case "prepare" if event.expected:
                self.start_application()
            case "prepare":
                self.give_up("prepare")
            case "announce" if event.expected:
                self.process_groups[APPLICATION].processes["reader"].spawn()
                print(self.banner(), flush=True)
            case "announce" if event.process.exitstatus > 0:  # by itself; killed, it is started again
                self.give_up("announce")
            case name:
                print(f"{name} ended and is started again; see {self.log_of(name)}", flush=True)

    def on_fatal(self, event: Any) -> None:
        self.give_up(event.process.config.name)

    def start_application(self) -> None:
        waiting = {"reader"} if os.environ.get("IMAP_MAILBOXES") else {"reader", "mailboxes"}
        for name, process in self.process_groups[APPLICATION].processes.items():
            if name not in waiting:
                process.spawn()

    def give_up(self, name: str) -> None:
        log = self.log_of(name)
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        print("\n".join([*lines[-5:], f"{name} failed, so everything stops; see {log}"]), flush=True)
        self.failed = True
        self.options.mood = SupervisorStates.SHUTDOWN

    def banner(self) -> str:
        credentials = json.loads(self.home.credentials.read_text(encoding="utf-8"))
        banner = BANNER if self.first_run else BANNER_AGAIN
        mail = f"127.0.0.1:{os.environ['SMTP_PORT']}"
        text = banner.format(**credentials, mail=mail, file=self.home.credentials, log=self.home.log)
        warning = self.home.warning
        return text + warning.read_text(encoding="utf-8") if warning.exists() else text

    def log_of(self, name: str) -> Path:
        return self.home.log / f"{name}.log"


def supervise(home: Home) -> int:
    """Run until told to stop. Returns the exit code."""
    options: Any = ServerOptions()  # supervisor has no types, and gives it further attributes
    options.realize(["-n", "-c", str(CONFIGURATION)])
    options.first = True
    options.test = False
    supervisor = Foreground(options, home)
    try:
        supervisor.main()  # type: ignore[no-untyped-call]
    except ExitNow:
        options.close_logger()
    return 1 if supervisor.failed else 0
