"""Policy as typed, versioned data: what each reason means, what each signal leads to, what evidence allows for how long.

- `policy`: the types, as they stand in a playbook file
- `load`: reading and checking a file; `default.toml` is the shipped one
"""
