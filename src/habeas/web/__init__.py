"""The service over HTTP: what commands do, for other programs, on open standards (docs/http.md).

- `operation`: what a route is: its scope, what it takes and answers; and who calls
- `problem`: every error as RFC 9457 problem details, by one table
- `credentials`, `limits`: who is let in, and how often
- `backend`: what routes work with
- `events`: CloudEvents, single, batch and in headers
- `authzen`: "may it?", by the AuthZEN Authorization API
- `feed`: changes for gateways, as server-sent events
- `accounts`, `acts`, `cases`, `campaigns`, `documents`, `lookups`, `policy`, `journal`, `health`: one subject each
- `metrics`, `log`: what an operator sees, without anybody in it
- `routes`: all of them in one table
- `openapi`: the description that is made from that table
- `app`: the table as an ASGI application
"""
