"""What Habeas means: plain frozen data and its rules. No I/O, no clock, no randomness, no logging.

Modules, in the order in which data flows:

- `ids`: names of things, and ids derived from the keyed hash of their cause
- `errors`: one error per broken promise
- `event`: facts as they arrive (CloudEvents), and what each type asks for
- `place`: where a login came from, and when two places are a geographic leap apart
- `facts`: what was looked up about an event before it is judged
- `transfer`, `posting`: what moved on public chains, and how a record becomes flows in a book
- `tag`, `exposure`: what is said of addresses, and where a deposit came from
- `signal`: what a detector saw
- `capability`, `kind`: what an account may do, and how far each kind of restriction limits it
- `reason`, `evidence`, `actor`: why, how well proved, and by whom
- `restriction`: a restriction and its life
- `account`: the bounded state of one account
- `verdict`: may this account do this now? The reference composition
- `proof`, `permit`, `document`, `appeal`: what a user shows, asks for and contests on the way out
- `case`, `casework`, `duty`, `decision`: the work left for people, and everything one event leads to
"""
