"""Why may the image not be read, and what can the user do about it?"""

from __future__ import annotations

from updater.errors import RegistryDenied


def needed(registry: str, repository: str) -> RegistryDenied:
    """There are no credentials, and without them the registry does not show the repository."""
    return RegistryDenied(
        f"{registry} wants credentials for {repository}, and none were found; `docker login {registry}`, or check the "
        "name: it may not exist"
    )


def withheld(registry: str, token_host: str) -> RegistryDenied:
    """There are credentials, but they would have gone to a token service of somebody else's."""
    return RegistryDenied(
        f"{registry} sends us for a token to {token_host}, which is not known to belong to it, so the credentials were "
        "not sent; if it does, name it as token_host under registries"
    )


def rejected(registry: str) -> RegistryDenied:
    """The credentials are wrong, or no longer good."""
    return RegistryDenied(f"{registry} rejected the credentials it was given; `docker login {registry}` again")


def forbidden(registry: str, repository: str) -> RegistryDenied:
    """The credentials are good, but not for this repository."""
    return RegistryDenied(
        f"the credentials for {registry} do not allow reading {repository}, or it does not exist, or they are no "
        f"longer good; use a user who may read it, or `docker login {registry}` again"
    )
