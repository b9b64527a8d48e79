"""The only producer of words for users: what happened, what still works, what to do, by when, and what is not said.

Modules, from the words to the page:

- `phrase`: a sentence with gaps, and its form for when a gap cannot be filled
- `catalogue`: all sentences of one language, read from `wording/`; tables that can be shown to a compliance officer
- `view`: what the sentences about one account at one instant look at
- `vocabulary`: facts, clauses, instants and lengths of time in words
- `abilities`: what still works, what does not
- `money`: what may truthfully be said about the assets
- `clock`: when a restriction ends, and what we promise
- `remedy`: what the user can do, and what is due
- `reasons`: why a limit was set, which factors counted, and where to turn
- `entry`: one restriction in words
- `statement`: the whole statement
- `text`: the statement as plain text
- `notice`: what is sent when something changes
- `symptoms`: what somebody who cannot do something has seen, read from a file
- `diagnosis_rules`: which causes symptoms leave, with what weight, and what to ask next; tables
- `diagnosis_words`: the sentences of a diagnosis, read from `wording/diagnosis/`
- `diagnosis`: which kind of limit symptoms mean, or an account has
- `diagnosis_text`: a diagnosis as plain text
"""
