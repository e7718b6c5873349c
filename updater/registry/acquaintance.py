"""What has been learnt of one registry at one origin: what it asks for, what it gave, whom it turned away?"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from updater.errors import RegistryDenied
from updater.registry.wallet import Wallet, held

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from updater.registry.challenges import Challenge
    from updater.registry.credentials import Credentials, CredentialSource

_LONGEST_MEETING = 3.0


class Acquaintance:
    """Shared by threads. A registry that `was_open` needs no first look: it served all who asked, and may do so still.

    `patience` is how long, in seconds, one waits for what another is about to learn; for the very
    first answer of a registry, never longer than a few seconds: it may be the one path that hangs.
    """

    def __init__(
        self,
        registry: str,
        origin: str,
        find_credentials: CredentialSource,
        *,
        token_host: str | None = None,
        patience: float = 15.0,
        was_open: bool = False,
    ) -> None:
        self.registry = registry
        self.origin = origin
        self.token_host = token_host
        self.challenge: Challenge | None = None
        self.challenges_of_repositories: dict[str, Challenge] = {}
        self.is_met = was_open
        self.wallet = Wallet(patience)
        self.has_accepted_password = False
        self.has_rejected_credentials = False
        self.has_turned_away = False
        self.has_served = False
        self.has_asked_root = False
        self.trouble: RegistryDenied | None = None
        self._find_credentials = find_credentials
        self._patience = patience
        self._meeting = threading.Lock()
        self._asking_root = threading.Lock()
        self._first_password = threading.Lock()

    def begin_cycle(self, repositories: Iterable[str]) -> None:
        """These repositories are going to be asked for.

        Credentials that were rejected may have been mended, and those that were good may no longer be; where somebody
        was turned away, the registry may by now want to be asked in another way.
        """
        if self.has_turned_away:
            self.challenge, self.is_met = None, False
            self.challenges_of_repositories.clear()
        self.has_turned_away = self.has_rejected_credentials = self.has_accepted_password = False
        self.has_asked_root, self.trouble = False, None
        self.wallet.expect(
            scope_of(repository) for repository in repositories if repository not in self.challenges_of_repositories
        )

    @property
    def is_open(self) -> bool | None:
        """Whether anybody may ask it, as far as is known; None where it has not said."""
        if self.challenge is not None or self.has_turned_away:
            return False
        return True if self.has_served else None

    def is_another_services(self, repository: str, challenge: Challenge) -> None:
        """Some fronts (lscr.io) pass each repository on to a registry of its own, with a token service of its own."""
        self.challenges_of_repositories[repository] = challenge
        self.wallet.leave_alone(scope_of(repository))

    def credentials(self) -> Credentials | None:
        """The registry's credentials; None also where they cannot be had (`trouble` then says why).

        A helper that is not installed must not stand between the user and images that everybody may read.
        """
        try:
            return self._find_credentials(self.registry)
        except RegistryDenied as error:
            self.trouble = error
            return None

    @contextmanager
    def first_password(self) -> Iterator[None]:
        """Held by the one who shows the password first: a wrong one is not to be shown by many at once."""
        with held(self._first_password, self._patience):
            yield

    @contextmanager
    def asking_root(self) -> Iterator[None]:
        """Held by the one who asks the root of the API how the registry wants to be asked."""
        with held(self._asking_root, self._patience):
            yield

    @contextmanager
    def meeting(self) -> Iterator[None]:
        """Held by the one who asks first; ends with the first answer, or with none."""
        with held(self._meeting, min(self._patience, _LONGEST_MEETING)):
            try:
                yield
            finally:
                self.is_met = True


def scope_of(repository: str) -> str:
    """The permission to read a repository, as the token specification writes it ("Resource Scope").

    Without a repository it is empty: a token without a scope only tells whether its bearer is known.
    """
    return f"repository:{repository}:pull" if repository else ""
