#include "store/public_site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/language.h"
#include "base/log.h"
#include "base/text.h"
#include "model/public_record.h"
#include "site/cap.h"
#include "site/feed.h"
#include "site/page.h"
#include "trust/xml_signature.h"
#include "wire/json.h"

#include "store/public_files.h"

enum {
    FOLDER_RECORDS_MAX = 200, /* of one folder: what stands in its list and in its incidents */
    SITE_RECORDS_MAX = 20,    /* of each folder, for what is of the whole site */
    FOLLOWED_MAX = 200,       /* messages of one incident */
};

/* A folder with something new. */
struct place {
    const char *path, *folder; /* below public/; absolute */
    struct site_messages messages;
    struct public_trouble trouble;
};

struct work {
    struct arena *arena;
    const char *root; /* public/ */
    const struct xml_signer *signer;
    int64_t now_unix_ms;
    struct public_files files;
    struct place *places;
    size_t place_count, place_capacity;
    struct site_messages *folders; /* of the whole site */
    size_t folder_count, folder_capacity;
    struct public_trouble trouble; /* of the whole site */
};

/* What is asked of a place, once it has been read. */
struct task {
    struct public_request *request;
    size_t place;
    const char *slug;
    struct text record; /* what is written; empty: it is there already */
};

static void refuse(struct public_request *request, enum public_result result, const char *words)
{
    request->result = result;
    snprintf(request->words, sizeof(request->words), "%s", words);
}

/* --- what is asked --------------------------------------------------------------------------- */

/* "<path>/<slug>.json", or "<path>/" with an empty slug, taken apart in the arena. */
static bool read_name(struct work *work, const char *name, const char **path, const char **slug)
{
    const char *slash = strrchr(name, '/');
    size_t length = slash ? strlen(slash + 1) : 0, end = strlen(PUBLIC_RECORD_END);

    if (!slash)
        return false;
    *path = arena_strndup(work->arena, name, (size_t)(slash - name));
    *slug = "";
    if (!public_path_is_valid(*path))
        return false;
    if (length == 0)
        return true;
    if (length <= end || strcmp(slash + 1 + length - end, PUBLIC_RECORD_END) != 0)
        return false;
    *slug = arena_strndup(work->arena, slash + 1, length - end);
    return public_slug_is_valid(*slug) && **slug >= '0' && **slug <= '9';
}

/* The index of a path's place, read when it is new. */
static size_t find_place(struct work *work, const char *path)
{
    for (size_t i = 0; i < work->place_count; i++)
        if (strcmp(work->places[i].path, path) == 0)
            return i;
    work->places = arena_grow(work->arena, work->places, work->place_count, &work->place_capacity,
                              sizeof(*work->places));
    struct place *place = &work->places[work->place_count];
    *place = (struct place){.path = path,
                            .folder = arena_printf(work->arena, "%s/%s", work->root, path)};
    if (public_make_folders(work->root, path, &place->trouble))
        public_read_records(work->arena, place->folder, path, FOLDER_RECORDS_MAX, &place->messages,
                            &place->trouble);
    return work->place_count++;
}

static struct site_message *find_message(const struct place *place, const char *slug)
{
    for (size_t i = 0; i < place->messages.count; i++)
        if (strcmp(place->messages.items[i]->slug, slug) == 0)
            return (struct site_message *)(uintptr_t)place->messages.items[i]; /* ours to change */
    return NULL;
}

static const char *record_name(struct work *work, const char *slug)
{
    return arena_printf(work->arena, "%s%s", slug, PUBLIC_RECORD_END);
}

/* Also one that is older than the newest ones. */
static struct site_message *load_message(struct work *work, struct place *place, const char *slug)
{
    struct site_message *message = find_message(place, slug);
    const char *fault;
    struct text bytes;

    if (message)
        return message;
    if (public_read_record(place->folder, record_name(work, slug), &bytes))
        message = site_message_parse(work->arena, bytes.bytes, bytes.length, &fault);
    text_release(&bytes);
    if (!message || strcmp(message->slug, slug) != 0 || strcmp(message->path, place->path) != 0)
        return NULL;
    site_messages_add(work->arena, &place->messages, message);
    return message;
}

/* What is referred to must be there, however old it is. */
static void load_followed(struct work *work, struct place *place,
                          const struct site_message *message)
{
    for (int i = 0; i < FOLLOWED_MAX && message && message->follows; i++)
        message = load_message(work, place, message->follows);
}

static void stage_put(struct work *work, struct task *task)
{
    struct public_request *request = task->request;
    struct place *place = &work->places[task->place];
    const char *fault = "its path or its name is another one";
    struct site_message *message =
        site_message_parse(work->arena, request->bytes, request->size, &fault);
    const struct site_message *present = load_message(work, place, task->slug);

    if (!message || strcmp(message->path, place->path) != 0 ||
        strcmp(message->slug, task->slug) != 0) {
        refuse(request, PUBLIC_UNFIT, fault);
    } else if (!present) {
        text_add_bytes(&task->record, request->bytes, request->size);
        site_messages_add(work->arena, &place->messages, message);
        load_followed(work, place, message);
    } else if (strcmp(present->key, message->key) != 0) {
        refuse(request, PUBLIC_CONFLICT, "another message has this name");
    }
}

/* A record that is retracted already stays as it is. */
static void stage_retraction(struct work *work, struct task *task)
{
    struct public_request *request = task->request;
    struct place *place = &work->places[task->place];
    struct site_message *message = load_message(work, place, task->slug);
    const char *time = arena_strndup(work->arena, request->bytes, request->size);
    struct site_time retracted;
    struct text record;

    if (!message) {
        refuse(request, PUBLIC_ABSENT, "there is no such message");
        return;
    }
    if (!site_retraction_time_parse(time, message, &retracted)) {
        refuse(request, PUBLIC_UNFIT, "the time of the retraction is none");
        return;
    }
    if (message->retracted.unix_ms > 0)
        return;
    if (public_read_record(place->folder, record_name(work, task->slug), &record)) {
        const char *end = strrchr(record.bytes, '}');
        text_add_bytes(&task->record, record.bytes, end ? (size_t)(end - record.bytes) : 0);
        json_add_member(&task->record, "retracted", time);
        text_add_char(&task->record, '}');
        message->retracted = retracted;
    } else {
        refuse(request, PUBLIC_BROKEN, "its record cannot be read");
    }
    text_release(&record);
}

static void stage(struct work *work, struct task *task)
{
    struct public_request *request = task->request;
    const char *path;

    request->result = PUBLIC_DONE;
    request->words[0] = '\0';
    text_init(&task->record, PUBLIC_RECORD_MAX_BYTES);
    if (!read_name(work, request->name, &path, &task->slug) ||
        (task->slug[0] == '\0') != (request->verb == PUBLIC_PROBE)) {
        refuse(request, PUBLIC_UNFIT, "it is no name of a message");
        return;
    }
    task->place = find_place(work, path);
    if (work->places[task->place].trouble.result != PUBLIC_DONE)
        return; /* told at the end */
    if (request->verb == PUBLIC_PROBE)
        public_probe(work->places[task->place].folder, &work->places[task->place].trouble);
    else if (request->verb == PUBLIC_PUT)
        stage_put(work, task);
    else
        stage_retraction(work, task);
}

/* --- a message's files ----------------------------------------------------------------------- */

/* At an address of its own, once: what stands there is never changed. */
static void write_cap(struct work *work, struct place *place, const struct site_message *message)
{
    const char *name = arena_printf(work->arena, "%s.xml", message->slug);
    struct text bytes;

    if (public_is_there(place->folder, name))
        return;
    text_init(&bytes, SITE_CAP_MAX_BYTES);
    site_cap_write(&place->messages, message, &bytes);
    if (work->signer && !xml_sign(work->signer, &bytes))
        log_debug(LOG_STORE, "%s/%s is not signed: it could not be", place->path, name);
    public_write(&work->files, place->folder, name, &bytes, &place->trouble);
    text_release(&bytes);
}

static void write_page(struct work *work, struct place *place, const struct site_message *message)
{
    struct text bytes;

    text_init(&bytes, SITE_PAGE_MAX_BYTES);
    site_page_write(&place->messages, message, work->now_unix_ms, &bytes);
    public_write(&work->files, place->folder, arena_printf(work->arena, "%s.html", message->slug),
                 &bytes, &place->trouble);
    text_release(&bytes);
}

/* The record comes last: where it is, the CAP file and the page are. */
static void write_message(struct work *work, const struct task *task)
{
    struct place *place = &work->places[task->place];
    const struct site_message *message = find_message(place, task->slug);

    for (size_t i = 0; i < place->messages.count; i++) {
        const struct site_message *other = place->messages.items[i];
        if (other->incident != message->incident)
            continue;
        if (other == message || (other->kind == SITE_RETRACTION && other->follows &&
                                 strcmp(other->follows, message->slug) == 0))
            write_cap(work, place, other);
        if (other->kind != SITE_RETRACTION)
            write_page(work, place, other); /* its history has grown */
    }
    if (task->record.length > 0 || task->record.overflowed)
        public_write(&work->files, place->folder, record_name(work, task->slug), &task->record,
                     &place->trouble);
}

/* --- lists and feeds ------------------------------------------------------------------------- */

static void write_feeds(struct work *work, const char *folder, const char *path,
                        const struct site_messages *messages, size_t count,
                        struct public_trouble *trouble)
{
    for (int i = 0; i < 2; i++) {
        struct site_feed feed = site_feed_make(work->arena, messages, count, i == 1);
        feed.path = path;
        if (feed.is_of_exercises && feed.count == 0)
            continue;
        for (const struct site_feed_form *form = site_feed_forms; form->end; form++) {
            struct text bytes;
            text_init(&bytes, SITE_FEED_MAX_BYTES);
            form->write(&feed, &bytes);
            public_write(&work->files, folder,
                         arena_printf(work->arena, "%s%s", site_feed_name(&feed), form->end),
                         &bytes, trouble);
            text_release(&bytes);
        }
    }
}

static void write_lists(struct work *work, struct place *place)
{
    struct text bytes;

    text_init(&bytes, SITE_PAGE_MAX_BYTES);
    site_index_write(&place->messages, work->now_unix_ms, &bytes);
    public_write(&work->files, place->folder, "index.html", &bytes, &place->trouble);
    text_release(&bytes);
    write_feeds(work, place->folder, place->path, &place->messages, 1, &place->trouble);
}

static int compare_names(const void *a, const void *b)
{
    const struct site_messages *first = a, *second = b;
    int order = strcmp(first->items[0]->municipality_name, second->items[0]->municipality_name);

    return order ? order : strcmp(first->items[0]->path, second->items[0]->path);
}

static void read_site(struct work *work)
{
    const char **paths;
    size_t count;

    if (!public_list_folders(work->arena, work->root, &paths, &count, &work->trouble))
        return;
    for (size_t i = 0; i < count; i++) {
        struct site_messages messages = {0};
        const char *folder = arena_printf(work->arena, "%s/%s", work->root, paths[i]);
        struct public_trouble trouble = {0};
        public_read_records(work->arena, folder, paths[i], SITE_RECORDS_MAX, &messages, &trouble);
        if (trouble.result != PUBLIC_DONE && trouble.result != PUBLIC_DENIED) {
            work->trouble = trouble;
            return;
        }
        if (messages.count == 0) /* nothing is there, or it is somebody else's */
            continue;
        site_messages_arrange(work->arena, &messages);
        work->folders = arena_grow(work->arena, work->folders, work->folder_count,
                                   &work->folder_capacity, sizeof(*work->folders));
        work->folders[work->folder_count++] = messages;
    }
    if (work->folder_count > 0)
        qsort(work->folders, work->folder_count, sizeof(*work->folders), compare_names);
}

static void write_site(struct work *work)
{
    struct text bytes;

    read_site(work);
    if (work->trouble.result != PUBLIC_DONE || work->folder_count == 0)
        return;
    text_init(&bytes, SITE_PAGE_MAX_BYTES);
    site_national_index_write(work->folders, work->folder_count, work->now_unix_ms, &bytes);
    public_write(&work->files, work->root, "index.html", &bytes, &work->trouble);
    text_reset(&bytes);
    site_verify_page_write(work->folders[0].items[0], &bytes);
    public_write(&work->files, work->root, "verify.html", &bytes, &work->trouble);
    text_release(&bytes);
    write_feeds(work, work->root, NULL, work->folders, work->folder_count, &work->trouble);
}

/* --- all of it ------------------------------------------------------------------------------- */

static bool is_to_write(const struct work *work, const struct task *task)
{
    return task->request->result == PUBLIC_DONE && task->request->verb != PUBLIC_PROBE &&
           work->places[task->place].trouble.result == PUBLIC_DONE;
}

static bool write_all(struct work *work, const struct task *tasks, size_t count)
{
    bool has_written = false;

    for (size_t i = 0; i < work->place_count; i++)
        site_messages_arrange(work->arena, &work->places[i].messages);
    for (size_t i = 0; i < count; i++)
        if (is_to_write(work, &tasks[i])) {
            write_message(work, &tasks[i]);
            has_written = true;
        }
    for (size_t i = 0; has_written && i < work->place_count; i++)
        if (work->places[i].trouble.result == PUBLIC_DONE && work->places[i].messages.count > 0)
            write_lists(work, &work->places[i]);
    return has_written && public_flush(&work->files, &work->trouble);
}

static void answer(const struct work *work, struct task *task)
{
    struct public_request *request = task->request;
    const struct public_trouble *trouble = &work->trouble;

    if (request->result == PUBLIC_DONE && trouble->result == PUBLIC_DONE)
        trouble = &work->places[task->place].trouble;
    if (request->result == PUBLIC_DONE && trouble->result != PUBLIC_DONE) {
        request->result = trouble->result;
        snprintf(request->words, sizeof(request->words), "%.300s", trouble->error.message);
    }
    text_release(&task->record);
}

void public_site_apply(const char *folder, const struct xml_signer *signer,
                       struct public_request *requests, size_t count, int64_t now_unix_ms)
{
    struct work work = {
        .arena = arena_new(), .root = folder, .signer = signer, .now_unix_ms = now_unix_ms};
    work.files = (struct public_files){.arena = work.arena, .root = folder};
    struct task *tasks = arena_alloc_array(work.arena, count, sizeof(*tasks));
    language_english_begin(); /* what goes wrong here is stored with the deliveries */
    int lock = public_lock(folder, &work.trouble);

    for (size_t i = 0; i < count; i++)
        tasks[i].request = &requests[i];
    for (size_t i = 0; lock >= 0 && i < count; i++)
        stage(&work, &tasks[i]);
    if (lock >= 0 && write_all(&work, tasks, count)) {
        write_site(&work);
        public_flush(&work.files, &work.trouble);
    }
    for (size_t i = 0; i < count; i++) {
        if (lock < 0)
            requests[i].result = PUBLIC_DONE; /* nothing has been looked at: told as trouble */
        answer(&work, &tasks[i]);
    }
    if (lock >= 0)
        (void)close(lock); /* it was never written to */
    language_english_end();
    arena_free(work.arena);
}
