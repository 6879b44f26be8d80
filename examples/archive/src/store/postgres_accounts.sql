-- Several accounts in one archive, as a stream has them: an id is one within its account.
-- By its id in the cluster; empty where one account is polled.
ALTER TABLE events ADD COLUMN account text NOT NULL DEFAULT '';
ALTER TABLE events DROP CONSTRAINT events_id_key;
ALTER TABLE events ADD UNIQUE (id, account);
