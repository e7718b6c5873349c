"""What does a registry publish? The OCI distribution API over HTTP; nothing else opens a socket to a registry."""
