"""How much is measured."""

import dataclasses
import json


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sizes:
    """Sizes of one run. `rounds` are pairs of baseline and figure; each round of a figure does what the others say."""

    companies: int
    vouchers: int
    """Vouchers of four rows in each company, before anything is measured."""
    rounds: int
    statements: int
    """Statements of 1 000 ledger rows in a round."""
    commits: int
    """One-row commits in a round."""
    subscriptions: int
    backlog_rows: int
    batches: int
    """Batches of 5 000 rows that are fetched and acknowledged."""
    waiting_clients: int
    requests: int
    """HTTP requests in a round."""
    offices: int
    """Accounting offices, each with a hundred keys and two thousand grants."""
    answers: int
    """One-row commits that somebody waits for."""
    transfer_rows: int
    sie_rows: int
    """Rows of the large SIE file; the small one has a tenth."""
    time_rows: int
    """Time transactions, 50 000 for each client."""
    changes: int
    """Vouchers changed in a working copy of the large SIE file's company."""
    mails: int
    """Mails of 200 kB in a round, over twenty connections."""
    peer_saves: int
    screen_companies: int
    screen_vouchers: int
    """Vouchers of four rows in each company that the screens show."""
    screen_subscriptions: int
    screen_backlog_rows: int

    def as_json(self) -> str:
        """The sizes as an argument for another process."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Sizes":
        """The sizes that `as_json` wrote."""
        return cls(**json.loads(text))

    def described(self) -> str:
        """The sizes for a person."""
        return ", ".join(
            f"{name.replace('_', ' ')} {value:_}".replace("_", " ") for name, value in dataclasses.asdict(self).items()
        )


FULL = Sizes(
    companies=200,
    vouchers=500,
    rounds=7,
    statements=20,
    commits=100,
    subscriptions=50,
    backlog_rows=10_000_000,
    batches=20,
    waiting_clients=200,
    requests=200,
    offices=100,
    answers=40,
    transfer_rows=400_000,
    sie_rows=1_000_000,
    time_rows=1_000_000,
    changes=1_000,
    mails=1_000,
    peer_saves=100,
    screen_companies=2_000,
    screen_vouchers=125,
    screen_subscriptions=100,
    screen_backlog_rows=5_000_000,
)
QUICK = Sizes(
    companies=20,
    vouchers=500,
    rounds=5,
    statements=5,
    commits=50,
    subscriptions=50,
    backlog_rows=1_000_000,
    batches=4,
    waiting_clients=20,
    requests=50,
    offices=10,
    answers=10,
    transfer_rows=40_000,
    sie_rows=100_000,
    time_rows=100_000,
    changes=100,
    mails=100,
    peer_saves=20,
    screen_companies=200,
    screen_vouchers=125,
    screen_subscriptions=50,
    screen_backlog_rows=500_000,
)
