"""In which order those who wait have their turns, so that nobody's many questions hold up the others. Pure: knows nothing of gradio.

Addresses take turns, and at each address its visitors: a page, a program's session, or all programs of it that name no session. So
many sessions of one address get no more together than one visitor of another.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: the address of the connection, and the session there; "" for programs that name none."""

    address: str
    session: str

    @property
    def key(self) -> str:
        """Another word for each visitor."""
        return f"{self.address} {self.session}"


class Rounds(Generic[K]):
    """Turn about between keys: in each round everybody has one turn. Whoever comes anew begins with the round that is going on."""

    def __init__(self) -> None:
        self._round = 0
        self._next: dict[K, int] = {}

    def of(self, keys: Sequence[K]) -> list[int]:
        """In which round each of these has its turn; those of one key one after the other."""
        taken: dict[K, int] = {}
        rounds = []
        for key in keys:
            turn = taken.get(key, self._of(key))
            taken[key] = turn + 1
            rounds.append(turn)
        return rounds

    def serve(self, key: K) -> None:
        """One of this key has its turn now."""
        self._round = self._of(key)
        # What is due in the round that goes on, or was due before, needs no remembering.
        self._next = {one: turn for one, turn in self._next.items() if turn > self._round}
        self._next[key] = self._round + 1

    def _of(self, key: K) -> int:
        return max(self._round, self._next.get(key, 0))


class FairOrder:
    """The order of those who wait, by whom has been served so far."""

    def __init__(self) -> None:
        self._addresses = Rounds[str]()
        self._sessions: dict[str, Rounds[str]] = {}

    def order(self, waiting: Sequence[Visitor]) -> list[int]:
        """The places in `waiting`, which is in the order in which they came, of who is served first, second, …"""
        places: dict[str, list[int]] = {}
        for place, visitor in enumerate(waiting):
            places.setdefault(visitor.address, []).append(place)
        line: list[tuple[int, int]] = []
        for address, here in places.items():
            sessions = self._sessions.get(address, Rounds[str]()).of([waiting[place].session for place in here])
            within = [place for _, place in sorted(zip(sessions, here, strict=True))]
            line += zip(self._addresses.of([address] * len(within)), within, strict=True)
        return [place for _, place in sorted(line)]

    def serve(self, visitor: Visitor, waiting: Sequence[Visitor] = ()) -> None:
        """This one has its turn now; `waiting` are those who wait on."""
        self._addresses.serve(visitor.address)
        self._sessions.setdefault(visitor.address, Rounds()).serve(visitor.session)
        # Of an address at which nobody waits it is enough that the address itself has had its turn.
        kept = {visitor.address, *(one.address for one in waiting)}
        self._sessions = {address: rounds for address, rounds in self._sessions.items() if address in kept}
