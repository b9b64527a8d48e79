"""Performance figures as JSON: what was measured, on which machine, with which versions and sizes.

- `machine`: what a figure must be read with
- `timing`: percentiles, and how a run is timed
- `workload`: seeded streams of events
- `decisions`: the pure decision, the verdict, the state codec
- `stores`: durable decisions per second
- `http`: the service over loopback
- `coins`: taking in transfers and tracing them
- `table`: all benches by name
"""
