"""Which of Watchtower's labels are no label of ours under another name, and what becomes of them?

Those that are stand with the settings that they set (`declarations.py`, `watchtower`).
"""

from __future__ import annotations

from updater.model.control_labels import WATCHTOWER_PREFIX

# Watchtower marks its own container with this; it says nothing about updates.
ITSELF = WATCHTOWER_PREFIX.removesuffix(".")
NO_PULL = WATCHTOWER_PREFIX + "no-pull"
# Whoever wants nothing pulled wants no update that has to be pulled.
NO_PULL_MEANS = "`true` is taken for `updater.monitor-only=true`: without a pull there is no update"

_CHECKS = "nothing is run before or after a check; a health check of the container says more"
_OWN_USER = "hooks run as the container's own user"
_GIT = "nothing is built from Git here; what was built on this host is left alone as a local image"

# The container is updated as any other. What stands here is a whole sentence but for its full stop.
IGNORED: dict[str, str] = {
    ITSELF: "marks Watchtower's own container, and says nothing of updates",
    **{
        WATCHTOWER_PREFIX + key: why
        for key, why in (
            ("lifecycle.pre-check", _CHECKS),
            ("lifecycle.post-check", _CHECKS),
            ("lifecycle.pre-check-timeout", _CHECKS),
            ("lifecycle.post-check-timeout", _CHECKS),
            ("lifecycle.uid", _OWN_USER),
            ("lifecycle.gid", _OWN_USER),
            ("git-repo", _GIT),
            ("git-ref", _GIT),
            ("git-branch", _GIT),
            ("git-host", _GIT),
            ("git-semver-policy", _GIT),
            ("git-watch", _GIT),
            ("git-dockerfile", _GIT),
            ("git-context", _GIT),
            ("git-last-commit", _GIT),
            ("git-last-tag", _GIT),
            ("compose-dir", _GIT),
            ("enable-changelog", "no list of changes is fetched"),
            ("changelog-url", "no list of changes is fetched"),
        )
    },
}
# The container is left alone, with the reason `invalid-label`.
LEFT_ALONE: dict[str, str] = {
    WATCHTOWER_PREFIX + "copy-file": (
        "files that are only inside the container are not copied, and an update would lose this one;"
        " put it into a volume or a bind mount, and take the label away"
    )
}
