"""Which of Watchtower's variables are for something that is not done here at all? Only names, and why."""

from __future__ import annotations

_NO_API = "there is no HTTP API; run `updater check` or `updater run` instead"
_NO_SERVER = "there is no HTTP API to be reached"
# Name, whether it is a switch, why.
API: tuple[tuple[str, bool, str], ...] = (
    ("HTTP_API_ENDPOINTS", False, _NO_API),
    ("HTTP_API_UPDATE", True, _NO_API),
    ("HTTP_API_METRICS", True, "there is no HTTP API; `updater check -o json` has the numbers"),
    ("HTTP_API_CONTAINERS", True, "there is no HTTP API; `updater check -o json` has the containers"),
    ("HTTP_API_PERIODIC_POLLS", True, "`updater watch` always follows its schedule"),
    *(
        (f"HTTP_API_{name}", False, _NO_SERVER)
        for name in (
            "HOST",
            "PORT",
            "TOKEN",
            "EVENTS_TOKEN",
            "RATE_LIMIT",
            "TLS_CERT",
            "TLS_KEY",
            "TRUSTED_PROXIES",
            "PROXY_HEADER",
            "CORS_ORIGINS",
            "CHECK_TIMEOUT",
            "UPDATE_TIMEOUT",
        )
    ),
)

_NOT_SENT = "this version sends no notifications; the log, `updater history` and the exit code tell what was done"
# Name, flag where it is called otherwise, its short form, whether it is a switch, why.
NOTIFICATIONS: tuple[tuple[str, str, str, bool, str], ...] = (
    ("NOTIFICATIONS", "", "n", False, _NOT_SENT),
    ("NOTIFICATION_MSTEAMS_HOOK_URL", "--notification-msteams-hook", "", False, _NOT_SENT),
    ("NOTIFICATION_MSTEAMS_USE_LOG_DATA", "--notification-msteams-data", "", True, _NOT_SENT),
    *(
        (name, "", "", False, _NOT_SENT)
        for name in (
            "NOTIFICATION_URL",
            "NOTIFICATIONS_LEVEL",
            "NOTIFICATIONS_DELAY",
            "NOTIFICATIONS_HOSTNAME",
            "NOTIFICATION_TEMPLATE",
            "NOTIFICATION_TEMPLATE_FILE",
            "NOTIFICATION_TITLE_TAG",
            "NOTIFICATION_EMAIL_FROM",
            "NOTIFICATION_EMAIL_TO",
            "NOTIFICATION_EMAIL_DELAY",
            "NOTIFICATION_EMAIL_SERVER",
            "NOTIFICATION_EMAIL_SERVER_PORT",
            "NOTIFICATION_EMAIL_SERVER_USER",
            "NOTIFICATION_EMAIL_SERVER_PASSWORD",
            "NOTIFICATION_EMAIL_SUBJECTTAG",
            "NOTIFICATION_SLACK_HOOK_URL",
            "NOTIFICATION_SLACK_IDENTIFIER",
            "NOTIFICATION_SLACK_CHANNEL",
            "NOTIFICATION_SLACK_ICON_EMOJI",
            "NOTIFICATION_SLACK_ICON_URL",
            "NOTIFICATION_GOTIFY_URL",
            "NOTIFICATION_GOTIFY_TOKEN",
        )
    ),
    *(
        (name, "", "", True, _NOT_SENT)
        for name in (
            "NOTIFICATION_REPORT",
            "NOTIFICATION_SKIP_TITLE",
            "NOTIFICATION_LOG_STDOUT",
            "NOTIFICATION_SPLIT_BY_CONTAINER",
            "NOTIFICATION_EMAIL_SERVER_TLS_SKIP_VERIFY",
            "NOTIFICATION_GOTIFY_TLS_SKIP_VERIFY",
        )
    ),
)

_NOT_BUILT = "nothing is built from Git; push the image to a registry, and it is followed there"
# Name, whether it is a switch, why.
GIT: tuple[tuple[str, bool, str], ...] = (
    *((f"GIT_{name}", True, _NOT_BUILT) for name in ("ENABLE", "INSECURE_SKIP_TLS", "COMPOSE_STASH")),
    *(
        (f"GIT_{name}", False, _NOT_BUILT)
        for name in (
            "IMAGE",
            "AUTH_TOKEN",
            "USERNAME",
            "PASSWORD",
            "SSH_KEY_PATH",
            "SSH_KNOWN_HOSTS",
            "TIMEOUT",
            "CA_BUNDLE",
            "DOCKERFILE",
            "CONTEXT",
        )
    ),
    ("COMPOSE_PROJECT", False, _NOT_BUILT),
)
