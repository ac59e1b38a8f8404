CREATE TABLE IF NOT EXISTS setting (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS account (email TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS member (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    external_id TEXT,
    name TEXT,
    role INTEGER NOT NULL,
    status INTEGER NOT NULL,
    user_id TEXT,
    has_master_password INTEGER NOT NULL,
    confirmed INTEGER NOT NULL,
    permissions TEXT,
    staged INTEGER NOT NULL,
    two_step INTEGER NOT NULL,
    elsewhere INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS member_by_email ON member (lower(email));
CREATE INDEX IF NOT EXISTS member_by_external_id ON member (external_id);
CREATE TABLE IF NOT EXISTS "group" (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    external_id TEXT
);
CREATE INDEX IF NOT EXISTS group_by_external_id ON "group" (external_id);
CREATE TABLE IF NOT EXISTS membership (
    group_row INTEGER NOT NULL REFERENCES "group" (row) ON DELETE CASCADE,
    member_row INTEGER NOT NULL REFERENCES member (row) ON DELETE CASCADE,
    PRIMARY KEY (group_row, member_row)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS membership_by_member ON membership (member_row);
CREATE TABLE IF NOT EXISTS collection (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    external_id TEXT
);
CREATE TABLE IF NOT EXISTS default_collection (
    collection_row INTEGER PRIMARY KEY REFERENCES collection (row) ON DELETE CASCADE
);
CREATE VIEW IF NOT EXISTS shared_collection AS
    SELECT row, id, external_id FROM collection WHERE row NOT IN (SELECT collection_row FROM default_collection);
CREATE TABLE IF NOT EXISTS member_collection (
    owner_row INTEGER NOT NULL REFERENCES member (row) ON DELETE CASCADE,
    collection_row INTEGER NOT NULL REFERENCES collection (row) ON DELETE CASCADE,
    read_only INTEGER NOT NULL,
    hide_passwords INTEGER NOT NULL,
    manage INTEGER NOT NULL,
    PRIMARY KEY (owner_row, collection_row)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS group_collection (
    owner_row INTEGER NOT NULL REFERENCES "group" (row) ON DELETE CASCADE,
    collection_row INTEGER NOT NULL REFERENCES collection (row) ON DELETE CASCADE,
    read_only INTEGER NOT NULL,
    hide_passwords INTEGER NOT NULL,
    manage INTEGER NOT NULL,
    PRIMARY KEY (owner_row, collection_row)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS policy (
    type INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    data TEXT
);
CREATE TABLE IF NOT EXISTS event (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    seconds INTEGER NOT NULL,
    type INTEGER NOT NULL,
    member_id TEXT,
    group_id TEXT
);
