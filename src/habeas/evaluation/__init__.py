"""How well Habeas judges, measured: seeded questions with known answers, figures with intervals, tables and plots.

- `perturb`: listed names as people really write them
- `ordinary`: the names of people who are on no list
- `intervals`: how far a share may be from the truth
- `names`: the measurement of name screening
- `oracle`: the same questions to nomenklatura, where it is installed
- `login_world`: people who log in, and attackers who have their passwords
- `logins`: the measurement of the login score
- `svg`, `report`: a plot and a table of either
"""
