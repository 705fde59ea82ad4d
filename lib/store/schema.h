/* The tables of the embedded store. */
#ifndef CRISIS_STORE_SCHEMA_H
#define CRISIS_STORE_SCHEMA_H

enum {
    SCHEMA_APPLICATION_ID = 0x43524953, /* "CRIS", in the header of the file */
    SCHEMA_VERSION = 1,                 /* user_version; raised by each migration */
};

/* Statements that make an empty database one of SCHEMA_VERSION, without BEGIN and COMMIT. */
extern const char schema_create[];

#endif
