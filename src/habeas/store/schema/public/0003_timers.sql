-- Cases and document requests have clocks too, so a timer is about something, not only about a restriction.

ALTER TABLE timer RENAME COLUMN restriction_id TO about;
