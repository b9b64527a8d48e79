-- How common the traits of logins are among all accounts. A cell counts all values that fall into it; no value can be read
-- from it. There are at most seven times 4,097 (domain/login.py).
CREATE TABLE login_count (
    cell INTEGER PRIMARY KEY,
    logins INTEGER NOT NULL
) STRICT;
