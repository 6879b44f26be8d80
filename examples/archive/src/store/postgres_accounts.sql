-- Several accounts in one archive, as a stream has them: an id is unique within its account.
-- Its id in the cluster; empty if the archive polls one account.
ALTER TABLE events ADD COLUMN account text NOT NULL DEFAULT '';
ALTER TABLE events DROP CONSTRAINT events_id_key;
ALTER TABLE events ADD UNIQUE (id, account);
