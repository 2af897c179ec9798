-- What Hallway remembers.
--
-- Facts speak of addresses, never of persons, and are keyed so that looking twice adds nothing.
-- Derived rows can be dropped and made again from the facts at any time. What the user decided
-- exists nowhere else.
--
-- Instants are seconds since 1970 in UTC, days are days since 1970, yes and no are 1 and 0. Words
-- stand where rows are few and people may look; where rows go into the hundred thousands, small
-- numbers stand for words and the words are listed beside them. Numbers are checked by BETWEEN:
-- for an IN of three or more SQLite builds a table at every insert, which doubled the time of a scan.

PRAGMA application_id = 0x48616c6c; -- "Hall"

-- Doors ---------------------------------------------------------------------------------------

-- A mailbox, calendar or address book of the configuration. The same name may serve one of each.
CREATE TABLE source (
    id   INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('mail', 'calendar', 'contacts')),
    name TEXT NOT NULL,
    UNIQUE (kind, name)
) STRICT;

-- Where a source left off; only the source understands it.
CREATE TABLE cursor (
    source INTEGER NOT NULL REFERENCES source ON DELETE CASCADE,
    part   BLOB NOT NULL,
    value  BLOB NOT NULL,
    PRIMARY KEY (source, part)
) STRICT, WITHOUT ROWID;

-- Whether a source can be read, for blind spots.
CREATE TABLE source_health (
    source  INTEGER PRIMARY KEY REFERENCES source ON DELETE CASCADE,
    last_ok INTEGER,          -- the last look that succeeded; null: none yet
    trouble TEXT,             -- what went wrong at the last look; null: nothing
    since   INTEGER,          -- the first look in a row that failed
    CHECK ((trouble IS NULL) = (since IS NULL))
) STRICT;

-- Facts ---------------------------------------------------------------------------------------

-- Every address that stands in human mail or in a calendar.
CREATE TABLE address (
    id       INTEGER PRIMARY KEY,
    spec     TEXT NOT NULL UNIQUE,       -- local@domain, lower case, tag kept
    name     TEXT,                       -- the best display name seen
    named_by INTEGER NOT NULL CHECK (named_by BETWEEN 0 AND 2), -- 0 nobody, 1 others, 2 its own From
    named_at INTEGER NOT NULL,           -- date of the header the name comes from
    CHECK ((name IS NULL) = (named_by = 0))
) STRICT;

-- A message between humans. Copies of it are one row.
CREATE TABLE message (
    id         INTEGER PRIMARY KEY,      -- never used twice: derivation goes on from the last one
    key        BLOB NOT NULL UNIQUE CHECK (length(key) = 16),
    message_id TEXT,
    thread     INTEGER,                  -- hash of the first message of its thread
    date       INTEGER NOT NULL,
    sender     INTEGER NOT NULL REFERENCES address,
    sent       INTEGER NOT NULL CHECK (sent BETWEEN 0 AND 1), -- found in a mailbox of sent mail
    source     INTEGER NOT NULL REFERENCES source,
    recipients BLOB NOT NULL CHECK (length(recipients) % 5 = 0) -- packed. See store/recipients.rs
) STRICT;

CREATE INDEX message_sent ON message (sender) WHERE sent = 1;

-- Machine mail is counted, not kept: no sender, no recipient, no Message-ID. The first half of a
-- hash stays, so that a second look, or a second copy, does not count again.
CREATE TABLE machine (
    key    INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source,
    day    INTEGER NOT NULL,             -- in UTC
    kind   INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 5)
           -- 0 auto-submitted, 1 list, 2 bulk, 3 bounce, 4 invitation, 5 robot
) STRICT;

-- Mail that did not arrive: whom a bounce, itself only counted, says it could not reach.
CREATE TABLE failure (
    address INTEGER NOT NULL REFERENCES address,
    key     INTEGER NOT NULL,            -- of the bounce in machine
    date    INTEGER NOT NULL,
    PRIMARY KEY (address, key)
) STRICT, WITHOUT ROWID;

-- A calendar object resource, or a file of an address book: one file, or one event of a feed.
-- Replaced as a whole.
CREATE TABLE resource (
    id     INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source,
    href   TEXT NOT NULL,
    UNIQUE (source, href)
) STRICT;

-- What occurrences of one UID have in common: a single event, a series, or one exception to it.
CREATE TABLE event (
    id        INTEGER PRIMARY KEY,
    resource  INTEGER NOT NULL REFERENCES resource ON DELETE CASCADE,
    uid       TEXT NOT NULL,
    status    INTEGER NOT NULL CHECK (status BETWEEN 0 AND 2),  -- 0 confirmed, 1 tentative, 2 cancelled
    busy      INTEGER NOT NULL CHECK (busy BETWEEN 0 AND 3), -- 0 busy, 1 free, 2 tentative, 3 out of office
    private   INTEGER NOT NULL CHECK (private BETWEEN 0 AND 1),
    organizer INTEGER REFERENCES address,
    venue     INTEGER NOT NULL CHECK (venue BETWEEN 0 AND 3), -- 0 conference, 1 telephone, 2 place, 3 unsaid
    noted     INTEGER CHECK (noted BETWEEN 0 AND 1), -- the title notes a talk: 0 a call, 1 a visit or a meal
    standing  INTEGER NOT NULL CHECK (standing BETWEEN 0 AND 1),
    microsoft INTEGER NOT NULL CHECK (microsoft BETWEEN 0 AND 1),
    created   INTEGER,
    start     INTEGER NOT NULL,          -- of its first occurrence
    stop      INTEGER NOT NULL,          -- the first instant after its last one
    whole_days INTEGER NOT NULL CHECK (whole_days BETWEEN 0 AND 1), -- any of them is whole days
    times     BLOB NOT NULL,             -- RECURRENCE-ID and time of each occurrence, packed
    CHECK (start <= stop)
) STRICT;

CREATE INDEX event_resource ON event (resource);
CREATE INDEX event_uid ON event (uid);
CREATE INDEX event_stop ON event (stop, start);
CREATE INDEX event_whole_days ON event (start) WHERE whole_days = 1;

CREATE TABLE attendee (
    event    INTEGER NOT NULL REFERENCES event ON DELETE CASCADE,
    n        INTEGER NOT NULL,
    address  INTEGER NOT NULL REFERENCES address,
    partstat INTEGER NOT NULL CHECK (partstat BETWEEN 0 AND 4),
             -- 0 needs action, 1 accepted, 2 declined, 3 tentative, 4 delegated
    cutype   INTEGER NOT NULL CHECK (cutype BETWEEN 0 AND 3),
             -- 0 individual, 1 group, 2 resource, 3 room
    role     INTEGER NOT NULL CHECK (role BETWEEN 0 AND 3),
             -- 0 chair, 1 required, 2 optional, 3 non-participant
    PRIMARY KEY (event, n)
) STRICT, WITHOUT ROWID;

-- Names in the title of an event that notes a talk.
CREATE TABLE noted_name (
    event INTEGER NOT NULL REFERENCES event ON DELETE CASCADE,
    n     INTEGER NOT NULL,
    name  TEXT NOT NULL,
    PRIMARY KEY (event, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE category (
    event INTEGER NOT NULL REFERENCES event ON DELETE CASCADE,
    n     INTEGER NOT NULL,
    word  TEXT NOT NULL,
    PRIMARY KEY (event, n)
) STRICT, WITHOUT ROWID;

-- One human in an address book.
CREATE TABLE card (
    id       INTEGER PRIMARY KEY,
    resource INTEGER NOT NULL REFERENCES resource ON DELETE CASCADE,
    name     TEXT                        -- null: none on the card
) STRICT;

CREATE INDEX card_resource ON card (resource);

CREATE TABLE card_address (
    card    INTEGER NOT NULL REFERENCES card ON DELETE CASCADE,
    n       INTEGER NOT NULL,
    address INTEGER NOT NULL REFERENCES address,
    PRIMARY KEY (card, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE card_number (
    card   INTEGER NOT NULL REFERENCES card ON DELETE CASCADE,
    n      INTEGER NOT NULL,
    number TEXT NOT NULL,                -- digits, '+' before them where the country is known
    PRIMARY KEY (card, n)
) STRICT, WITHOUT ROWID;

-- Said by the user: exists nowhere else, written durably ----------------------------------------

-- A talk that left its trace nowhere but here.
CREATE TABLE call (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    address INTEGER NOT NULL REFERENCES address,
    how     TEXT NOT NULL CHECK (how IN ('call', 'visit')),
    start   INTEGER NOT NULL,
    minutes INTEGER CHECK (minutes >= 0), -- null: not told
    told    INTEGER NOT NULL,
    UNIQUE (address, start)
) STRICT;

-- Only ever added to; the last word on a matter holds.
CREATE TABLE decision (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    address INTEGER NOT NULL REFERENCES address,
    choice  TEXT NOT NULL CHECK (choice IN ('confirm', 'not_a_client', 'assign', 'join', 'split',
            'apart', 'mine', 'retired', 'key', 'prefers', 'cadence', 'review', 'mute_until',
            'unmute', 'later_until')),
    client  TEXT CHECK ((client IS NOT NULL) = (choice = 'assign')),
    other   INTEGER REFERENCES address CHECK ((other IS NOT NULL) = (choice IN ('join', 'apart'))),
    holds   INTEGER CHECK (holds BETWEEN 0 AND 1)
            CHECK ((holds IS NOT NULL) = (choice IN ('mine', 'retired', 'key'))),
    prefers TEXT CHECK (prefers IN ('email', 'phone', 'video', 'visit')
                        AND (prefers IS NULL OR choice = 'prefers')), -- null: taken back
    days    INTEGER CHECK (days IS NULL OR choice = 'cadence'),       -- null: taken back
    until   INTEGER CHECK (until IS NULL OR choice IN ('mute_until', 'later_until', 'review'))
            CHECK (until IS NOT NULL OR choice NOT IN ('mute_until', 'later_until'))
            -- null with a review: taken back
) STRICT;

-- The same about a client, by its name or one of its domains.
CREATE TABLE client_decision (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    client  TEXT NOT NULL,
    choice  TEXT NOT NULL CHECK (choice IN ('confirm', 'not_a_client', 'colleagues', 'tier',
            'prefers', 'cadence', 'review', 'mute_until', 'unmute', 'later_until')),
    tier    TEXT CHECK (tier IN ('A', 'B', 'C')
                        AND (tier IS NULL OR choice = 'tier')), -- null: taken back
    prefers TEXT CHECK (prefers IN ('email', 'phone', 'video', 'visit')
                        AND (prefers IS NULL OR choice = 'prefers')), -- null: taken back
    days    INTEGER CHECK (days IS NULL OR choice = 'cadence'),       -- null: taken back
    until   INTEGER CHECK (until IS NULL OR choice IN ('mute_until', 'later_until', 'review'))
            CHECK (until IS NOT NULL OR choice NOT IN ('mute_until', 'later_until'))
) STRICT;

-- What the user says one item really was, by what names the item everywhere: it outlives the row.
CREATE TABLE correction (
    id         INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('message', 'occurrence', 'told')),
    item       TEXT NOT NULL CHECK ((item = '') = (kind = 'told')), -- Message-ID or hex of the key; UID
    instant    INTEGER CHECK (instant IS NULL OR kind <> 'message')
               CHECK (instant IS NOT NULL OR kind <> 'told'), -- RECURRENCE-ID; start of a told talk
    change     TEXT NOT NULL CHECK (change IN ('one_on_one', 'group', 'email', 'ignore', 'person',
               'undo')),
    address    INTEGER REFERENCES address
               CHECK (address IS NOT NULL OR change <> 'person') -- with whom; null: as found
) STRICT;

-- Whom the user wants forgotten: salted hashes of addresses, so that a rescan does not bring them
-- back and nothing here says who they were.
CREATE TABLE forgotten (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32)
) STRICT, WITHOUT ROWID;

-- Claimed before it is shown: a crash may lose a nudge, never repeat one.
CREATE TABLE nudge (
    id         INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice
    at         INTEGER NOT NULL,
    day        INTEGER NOT NULL,         -- the user's
    person     INTEGER NOT NULL REFERENCES address,
    name       TEXT NOT NULL,
    client     TEXT,
    verdict    TEXT NOT NULL CHECK (verdict IN ('not_enough_data', 'silent', 'healthy', 'drifting',
               'email_only', 'group_only', 'email_group')),
    form       TEXT NOT NULL CHECK (form IN ('suggestion', 'question', 'burst', 'last_question')),
    certainty  INTEGER NOT NULL CHECK (certainty BETWEEN 0 AND 100), -- of the verdict, in percent
    booked     INTEGER,                  -- the day of a talk too far ahead to wait for; null: none
    reason     TEXT NOT NULL,
    suggestion TEXT NOT NULL,
    stage      TEXT NOT NULL CHECK (stage IN ('claimed', 'shown', 'undelivered', 'dismissed',
               'answered', 'held_out', 'missed')),
    stage_at   INTEGER NOT NULL,
    answer     TEXT CHECK (answer IN ('talked_call', 'talked_visit', 'later', 'prefers_email',
               'not_a_client', 'show', 'spoke_call', 'spoke_visit', 'not_yet', 'keep_reminding')),
    talked     INTEGER,                  -- the first day of a talk from then on; null: none yet
    CHECK ((answer IS NOT NULL) = (stage = 'answered'))
) STRICT;

CREATE INDEX nudge_at ON nudge (at);

-- Derived: can be made again from the rows above ------------------------------------------------

-- One person and I talked, or are going to: interactions from calendars, told ones, and messages that
-- the user says were talks. Ordered the way they are read, a person's days in a row. Nothing is declared as a reference: rows are made from
-- their facts in one transaction, all or some, and the checks would double the time of making them.
CREATE TABLE talk (
    person       INTEGER NOT NULL,
    day          INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    n            INTEGER NOT NULL,       -- tells rows of one instant apart
    address      INTEGER NOT NULL,
    channel      INTEGER NOT NULL CHECK (channel BETWEEN 0 AND 3), -- 0 email, 1 call, 2 in person, 3 chat
    setting      INTEGER NOT NULL CHECK (setting BETWEEN 0 AND 3), -- 0 one-on-one, 1 small group, 2 group, 3 broadcast
    direction    INTEGER NOT NULL CHECK (direction BETWEEN 0 AND 2),  -- 0 in, 1 out, 2 mutual
    stop         INTEGER NOT NULL,
    participants INTEGER NOT NULL,
    minutes      INTEGER,
    series       TEXT,                   -- UID of a standing series
    known        INTEGER NOT NULL,
    rule         INTEGER NOT NULL CHECK (rule BETWEEN 0 AND 7),
                 -- 0 mail sent, 1 mail received, 2 attendees, 3 organizer, 4 noted name,
                 -- 5 noted first name, 6 told, 7 corrected
    source       INTEGER,                -- null: told
    message      INTEGER,
    uid          TEXT,
    recurrence   INTEGER,
    call         INTEGER,
    PRIMARY KEY (person, day, at, n),
    CHECK ((message IS NOT NULL) + (uid IS NOT NULL) + (call IS NOT NULL) = 1)
) STRICT, WITHOUT ROWID;

CREATE INDEX talk_day ON talk (day, at);
CREATE INDEX talk_message ON talk (message) WHERE message IS NOT NULL;
CREATE INDEX talk_uid ON talk (uid) WHERE uid IS NOT NULL;
CREATE INDEX talk_call ON talk (call) WHERE call IS NOT NULL;
CREATE INDEX talk_long ON talk (stop) WHERE stop - at > 604800;

-- One person and I wrote to each other: all messages of one person in one quarter, packed.
-- See store/pack.rs.
CREATE TABLE letter (
    person  INTEGER NOT NULL,
    quarter INTEGER NOT NULL,            -- of 92 days, counted from 1970
    packed  BLOB NOT NULL CHECK (length(packed) % 24 = 0),
    UNIQUE (person, quarter)
) STRICT;

CREATE INDEX letter_quarter ON letter (quarter);

-- The days of contact with each person and each client, packed. See store/contact.rs.
CREATE TABLE contact (
    person INTEGER PRIMARY KEY,
    packed BLOB NOT NULL CHECK (length(packed) % 4 = 0)
) STRICT;
CREATE TABLE client_contact (
    client TEXT PRIMARY KEY,
    packed BLOB NOT NULL CHECK (length(packed) % 4 = 0)
) STRICT, WITHOUT ROWID;
-- People whose days are not those of their interactions any more.
CREATE TABLE stale (
    person INTEGER PRIMARY KEY
) STRICT;

-- Whom I wrote to and met, as of the last derivation; mine and machines left out.
CREATE TABLE acquaintance (
    address       INTEGER PRIMARY KEY,
    written_to    INTEGER NOT NULL,
    sent_year     INTEGER NOT NULL,
    received_year INTEGER NOT NULL,
    met           INTEGER NOT NULL,
    met_half_year INTEGER NOT NULL,
    first         INTEGER NOT NULL
) STRICT;

-- Facts that changed since the last derivation. New messages are those after the last one derived.
CREATE TABLE changed_message (
    message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE,
    date    INTEGER NOT NULL             -- as it was then
) STRICT;
CREATE TABLE changed_uid (
    uid   TEXT PRIMARY KEY,
    fresh INTEGER NOT NULL CHECK (fresh BETWEEN 0 AND 1) -- nothing was known under it then
) STRICT, WITHOUT ROWID;
CREATE TABLE changed_call (
    call  INTEGER PRIMARY KEY REFERENCES call ON DELETE CASCADE,
    fresh INTEGER NOT NULL CHECK (fresh BETWEEN 0 AND 1)
) STRICT;
-- Addresses that went by another name then.
CREATE TABLE renamed (
    address INTEGER PRIMARY KEY REFERENCES address ON DELETE CASCADE
) STRICT;

-- Contact days of one person in one ISO week. Outlives the facts it was counted from.
CREATE TABLE week (
    person          INTEGER NOT NULL REFERENCES address,
    monday          INTEGER NOT NULL CHECK ((monday - 4) % 7 = 0),
    email_days      INTEGER NOT NULL CHECK (email_days BETWEEN 0 AND 7),
    group_days      INTEGER NOT NULL CHECK (group_days BETWEEN 0 AND 7),
    one_on_one_days INTEGER NOT NULL CHECK (one_on_one_days BETWEEN 0 AND 7),
    PRIMARY KEY (person, monday)
) STRICT, WITHOUT ROWID;

-- Small things of which there is one each.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;
