#include "store/schema.h"

/*
 * States, modes and failure kinds are stored by name, so that the file explains itself in any
 * SQLite tool. The deliveries of a run are made in one transaction and have consecutive row numbers
 * from runs.first_delivery on: they are found by that range. An index of their states would have to
 * be kept with each change, which costs more than to count them now and then.
 */
#define CREATE_REHEARSALS                                                                          \
    "CREATE TABLE rehearsals ("                                                                    \
    " row INTEGER PRIMARY KEY,"                                                                    \
    " id TEXT NOT NULL,"                                                                           \
    " plan TEXT NOT NULL,"                                                                         \
    " message TEXT NOT NULL,"                                                                      \
    " plan_sha256 BLOB NOT NULL,"                                                                  \
    " seed INTEGER NOT NULL,"                                                                      \
    " started_ms INTEGER NOT NULL,"                                                                \
    " finished_ms INTEGER NOT NULL,"                                                               \
    " municipality_count INTEGER NOT NULL,"                                                        \
    " reached_count INTEGER NOT NULL,"                                                             \
    " delivery_count INTEGER NOT NULL,"                                                            \
    " failed_count INTEGER NOT NULL,"                                                              \
    " in_doubt_count INTEGER NOT NULL,"                                                            \
    " posts_ms TEXT NOT NULL,"   /* a JSON array: when each was posted, since the start */         \
    " places_ms TEXT NOT NULL,"  /* the same of each municipality's first post */                  \
    " correction TEXT NOT NULL," /* the message that took it back; empty: none */                  \
    " correction_most_ms INTEGER NOT NULL," /* since its own start; -1: never */                   \
    " correction_last_ms INTEGER NOT NULL"                                                         \
    ");"

/* Few of many; looked for before each send. */
#define CREATE_APPROVERS_INDEX                                                                     \
    "CREATE INDEX approvers_entries ON entries (sequence) WHERE " SCHEMA_TELLS_OF_APPROVERS ";"

const char *const schema_migrations[SCHEMA_VERSION - 1] = {
    CREATE_REHEARSALS CREATE_APPROVERS_INDEX
    "ALTER TABLE runs ADD COLUMN canary TEXT NOT NULL DEFAULT 'none';"
    "ALTER TABLE deliveries ADD COLUMN is_canary INTEGER NOT NULL DEFAULT 0;",
    "DROP INDEX deliveries_by_state;",
};

const char schema_create[] = "CREATE TABLE accounts ("
                             " row INTEGER PRIMARY KEY,"
                             " municipality TEXT NOT NULL,"
                             " channel TEXT NOT NULL,"
                             " label TEXT NOT NULL,"
                             " settings TEXT NOT NULL," /* a JSON object */
                             " sealed BLOB,"            /* NULL: the account needs no credential */
                             " registered_ms INTEGER NOT NULL,"
                             " proven_ms INTEGER NOT NULL,"
                             " UNIQUE (municipality, channel, label)"
                             ");"
                             "CREATE TABLE secrets (" /* of the coordinator's apps */
                             " name TEXT PRIMARY KEY,"
                             " sealed BLOB NOT NULL,"
                             " stored_ms INTEGER NOT NULL"
                             ");"
                             "CREATE TABLE invites ("
                             " code_sha256 BLOB PRIMARY KEY,"
                             " municipality TEXT NOT NULL,"
                             " made_ms INTEGER NOT NULL,"
                             " expires_ms INTEGER NOT NULL,"
                             " used_ms INTEGER NOT NULL DEFAULT 0," /* 0: not yet */
                             " withdrawn_ms INTEGER NOT NULL DEFAULT 0"
                             ");"
                             "CREATE TABLE approver_lists (" /* the latest is in force */
                             " row INTEGER PRIMARY KEY,"
                             " sha256 BLOB NOT NULL,"
                             " bytes BLOB NOT NULL,"
                             " sequence INTEGER NOT NULL" /* of the entry that tells of it */
                             ");"
                             "CREATE TABLE runs ("
                             " row INTEGER PRIMARY KEY,"
                             " id TEXT NOT NULL UNIQUE,"
                             " plan TEXT NOT NULL,"
                             " plan_file TEXT NOT NULL,"
                             " message TEXT NOT NULL,"
                             " kind TEXT NOT NULL,"
                             " follows TEXT NOT NULL," /* messages; empty: none */
                             " mode TEXT NOT NULL,"
                             " state TEXT NOT NULL,"
                             " threshold INTEGER NOT NULL,"
                             " started_ms INTEGER NOT NULL,"
                             " expires_ms INTEGER NOT NULL,"
                             " finished_ms INTEGER NOT NULL,"
                             " municipality_count INTEGER NOT NULL,"
                             " delivery_count INTEGER NOT NULL,"
                             " plan_sha256 BLOB NOT NULL,"
                             " approval TEXT NOT NULL," /* a JSON object: what the gate was asked */
                             " first_delivery INTEGER NOT NULL,"
                             " canary TEXT NOT NULL DEFAULT 'none'"
                             ");"
                             "CREATE TABLE drafts ("
                             " row INTEGER PRIMARY KEY,"
                             " run INTEGER NOT NULL REFERENCES runs (row),"
                             " channel TEXT NOT NULL,"
                             " language TEXT NOT NULL,"
                             " headline TEXT NOT NULL,"
                             " parts TEXT NOT NULL," /* a JSON array of texts */
                             " link TEXT,"
                             " document TEXT"
                             ");"
                             "CREATE TABLE media ("      /* each file once, whatever the run */
                             " sha256 TEXT PRIMARY KEY," /* in hexadecimal */
                             " type TEXT NOT NULL,"
                             " width INTEGER NOT NULL,"
                             " height INTEGER NOT NULL,"
                             " bytes BLOB NOT NULL"
                             ");"
                             "CREATE TABLE draft_media (" /* what goes with a draft, in order */
                             " draft INTEGER NOT NULL REFERENCES drafts (row),"
                             " position INTEGER NOT NULL,"
                             " media TEXT NOT NULL REFERENCES media (sha256),"
                             " file_name TEXT NOT NULL,"
                             " alt TEXT NOT NULL,"
                             " url TEXT,"
                             " PRIMARY KEY (draft, position)"
                             ") WITHOUT ROWID;"
                             "CREATE TABLE deliveries ("
                             " row INTEGER PRIMARY KEY,"
                             " run INTEGER NOT NULL REFERENCES runs (row),"
                             " key BLOB NOT NULL,"
                             " municipality TEXT NOT NULL,"
                             " municipality_name TEXT NOT NULL,"
                             " channel TEXT NOT NULL,"
                             " account TEXT NOT NULL,"
                             " language TEXT NOT NULL,"
                             " draft INTEGER NOT NULL REFERENCES drafts (row),"
                             " part_count INTEGER NOT NULL," /* posts that the draft needs */
                             " is_canary INTEGER NOT NULL DEFAULT 0,"
                             " state TEXT NOT NULL,"
                             " attempts INTEGER NOT NULL DEFAULT 0,"
                             " posts TEXT,"
                             " progress BLOB,"
                             " failure_kind TEXT,"
                             " failure_code TEXT,"
                             " failure_message TEXT,"
                             " failure_next TEXT,"
                             " first_sent_ms INTEGER NOT NULL DEFAULT 0,"
                             " done_ms INTEGER NOT NULL DEFAULT 0,"
                             " duration_ms INTEGER NOT NULL DEFAULT 0"
                             ");"
                             "CREATE TABLE entries ("
                             " sequence INTEGER PRIMARY KEY,"
                             " bytes BLOB NOT NULL,"
                             " leaf BLOB NOT NULL"
                             ");" CREATE_APPROVERS_INDEX "CREATE TABLE heads ("
                             " size INTEGER PRIMARY KEY,"
                             " root BLOB NOT NULL,"
                             " unix_ms INTEGER NOT NULL,"
                             " edge BLOB NOT NULL"
                             ");" CREATE_REHEARSALS;
