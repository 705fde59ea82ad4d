/* Every ceiling for what comes from outside, and every default that is a number, in one place. */
#ifndef CRISIS_BASE_LIMITS_H
#define CRISIS_BASE_LIMITS_H

enum {
    /* Plans, directories, configuration and registration files (spec: the plan file). */
    YAML_SIZE_MAX_BYTES = 8 * 1024 * 1024,
    YAML_DEPTH_MAX = 32,
    YAML_NODES_MAX = 100000,                        /* after aliases */
    REGISTRATION_SIZE_MAX_BYTES = 64 * 1024 * 1024, /* thousands of accounts in one file */
    REGISTRATION_NODES_MAX = 4000000,

    /* Texts. */
    TEXT_MAX_BYTES = 256 * 1024, /* one rendered text, before it is fitted to a channel */
    THREAD_PARTS_MAX = 25,       /* posts in one thread */
    DOCUMENT_MAX_BYTES = 1024 * 1024,

    /* The network. */
    REPLY_BODY_MAX_BYTES = 1024 * 1024,
    REPLY_HEADERS_MAX_BYTES = 64 * 1024,
    REQUEST_BODY_MAX_BYTES = 2 * 1024 * 1024,
    REQUEST_HEADERS_MAX_BYTES = 16 * 1024,
    URL_MAX_BYTES = 8 * 1024,
    CONNECT_TIMEOUT_MS = 10 * 1000,
    REQUEST_TIMEOUT_MS = 30 * 1000,

    /* Retry and pace (spec: delivery). */
    BACKOFF_FIRST_MS = 500,
    BACKOFF_MAX_MS = 60 * 1000,
    DEADLINE_DEFAULT_MS = 10 * 60 * 1000,
    EXPIRY_DEFAULT_MS = 24 * 60 * 60 * 1000,

    /* The audit log: an entry's length is a uint16 in C2SP tlog-tiles bundles. */
    AUDIT_ENTRY_MAX_BYTES = 65535,
};

#endif
