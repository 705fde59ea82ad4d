/* Every ceiling for what comes from outside, and every default that is a number, in one place. */
#ifndef CRISIS_BASE_LIMITS_H
#define CRISIS_BASE_LIMITS_H

/*
 * Every wait of a delivery is written as WAIT_MS. A build with -Dtime-scale=N waits N times
 * shorter, so that tests can go through thousands of time-outs; its version then says so. It is a
 * matter of the build alone: no switch of the program makes its promises weaker.
 */
#ifndef CRISIS_TIME_SCALE
#define CRISIS_TIME_SCALE 1
#endif
#define WAIT_MS(ms) ((ms) / CRISIS_TIME_SCALE)

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

    /* Pictures and films. */
    MEDIA_IMAGE_MAX_BYTES = 16 * 1024 * 1024,
    MEDIA_VIDEO_MAX_BYTES = 128 * 1024 * 1024,
    MEDIA_PLAN_MAX_BYTES = 256 * 1024 * 1024, /* all of a plan's together */
    MEDIA_PER_MESSAGE_MAX = 20,
    MEDIA_SIDE_MAX_PIXELS = 10000,
    MEDIA_NAME_MAX_BYTES = 200,
    MEDIA_ALT_MAX_BYTES = 16 * 1024,
    CARD_TEXT_MAX_CHARACTERS = 500, /* of a text card; a longer text is not drawn */

    /* The network. */
    REPLY_BODY_MAX_BYTES = 1024 * 1024,
    REPLY_HEADERS_MAX_BYTES = 64 * 1024,
    REQUEST_BODY_MAX_BYTES = 2 * 1024 * 1024,
    REQUEST_FILE_MAX_BYTES = 16 * 1024 * 1024, /* longer ones go in pieces */
    REQUEST_TAIL_MAX_BYTES = 1024,
    REQUEST_HEADERS_MAX_BYTES = 16 * 1024,
    CREDENTIAL_MAX_BYTES = 64 * 1024, /* all secrets of an account, opened */
    APP_SECRET_MAX_BYTES = 4 * 1024,  /* one secret of the coordinator's apps */
    URL_MAX_BYTES = 8 * 1024,
    CONNECT_TIMEOUT_MS = WAIT_MS(10 * 1000),
    CONNECT_AHEAD_TIMEOUT_MS = WAIT_MS(2 * 1000), /* before there is a request, which may wait */
    KEPT_IDLE_MAX_S = 30,                         /* a connection that idled longer is not used */
    REQUEST_TIMEOUT_MS = WAIT_MS(30 * 1000),
    /* What a body adds to that: half a megabit a second will do. */
    UPLOAD_LEAST_BYTES_PER_MS = 64 * CRISIS_TIME_SCALE,
    HOSTS_PER_THREAD = CRISIS_HOSTS_PER_THREAD, /* meson_options.txt; greeted in 200 ms */

    /* Retry and pace (spec: delivery). */
    BACKOFF_LEAST_MS = WAIT_MS(50),
    BACKOFF_FIRST_MS = WAIT_MS(500),
    BACKOFF_MAX_MS = WAIT_MS(60 * 1000),
    ABSENT_BELIEVED_AFTER_MS = WAIT_MS(20 * 1000), /* "not there", of a request as old as this */
    NETWORK_DOWN_AFTER_MS = WAIT_MS(15 * 1000),
    INTERRUPT_GRACE_MS = WAIT_MS(5 * 1000),    /* for what is under way, then left as `sending` */
    CANARY_WITHIN_MS = WAIT_MS(2 * 60 * 1000), /* then it is asked with what there is */
    DEADLINE_DEFAULT_MS = 10 * 60 * 1000,
    EXPIRY_DEFAULT_MS = 24 * 60 * 60 * 1000,

    /* The audit log: an entry's length is a uint16 in C2SP tlog-tiles bundles. */
    AUDIT_ENTRY_MAX_BYTES = 65535,
};

#endif
