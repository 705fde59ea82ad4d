/* The tables of the embedded store. */
#ifndef CRISIS_STORE_SCHEMA_H
#define CRISIS_STORE_SCHEMA_H

enum {
    SCHEMA_APPLICATION_ID = 0x43524953, /* "CRIS", in the header of the file */
    SCHEMA_VERSION = 3,                 /* user_version; raised by each migration */
};

/* SQL: an entry tells of an approver list ("type approvers", its fourth line: audit/entry.h). The
 * lines before have the same length in all entries, but for the digits of the sequence. */
#define SCHEMA_TELLS_OF_APPROVERS                                                                  \
    "substr(bytes, 54 + length(sequence), 16) = X'0A7479706520617070726F766572730A'"

/* Statements that make an empty database one of SCHEMA_VERSION, without BEGIN and COMMIT. */
extern const char schema_create[];

/* schema_migrations[version - 1] makes a database of that version one of the next. */
extern const char *const schema_migrations[SCHEMA_VERSION - 1];

#endif
