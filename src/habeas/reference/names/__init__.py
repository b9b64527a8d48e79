"""Names compared with listed ones: in any script, of persons, organisations and vessels, with every result explained.

Modules, in the order in which data flows:

- `spelling`, `normalise`: a name in any script as comparable words
- `likeness`: how alike two words are, and the keys under which like ones find each other
- `tables`, `vocabulary`: all words of many names, and which of them are like one that is asked for
- `scorer`: a name laid beside a listed one, part by part, and the score that follows
- `compare`: birth date, nationality, identifiers, and how far they move the score
- `index`: from a name to hits
- `table_file`, `index_file`: the index as a file that loads in milliseconds
- `customers`: the other way round, so that a change of a list asks only the customers that could be meant
- `rescreen`: all customers again, on several processors

How well it judges is measured by `habeas.evaluation.names`, how fast by `habeas.bench.names`.
"""
