"""The command line and the composition root: adapters are chosen here, and nowhere else.

- `main`: the commands, put together; every error becomes one sentence and an exit code
- `wiring`: store, playbook, library and clock for one run
- `options`: what several commands accept
- `show`: how things are printed
- one module for each group of commands: `events`, `ask`, `diagnose`, `staff`, `cases`, `documents`, `reference`, `doctor`,
  `policy`, `journal`, `tour` (the demo), `measure`
"""
