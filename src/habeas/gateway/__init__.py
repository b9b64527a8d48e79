"""What an exchange's own services run in their process: the gate, kept up to date by a feed, in threads or in an event loop."""
