"""The hot path: what is known of limited accounts, compiled so that a verdict takes a microsecond."""
