"""Use cases and what they need: ports, enrichment, intake with group commit, acts of staff, due timers, the outbox."""
