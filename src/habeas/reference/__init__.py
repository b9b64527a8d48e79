"""What is looked up before an event is judged: countries and places (lists, networks and ledgers join them here)."""
