/* The accounts as a send lists them: a million of them in little memory. */
#include <string.h>

#include "base/language.h"

#include "store/sqlite.h"

static const char reading[] = N_("cannot read the accounts");

/* What comes again and again is kept once, as far as it is found again here. */
enum { WORDS_KNOWN = 256 };

struct words {
    const char *known[WORDS_KNOWN];
};

static const char *keep_word(struct words *words, struct arena *arena, const char *word)
{
    size_t hash = 5381;

    for (const char *at = word; *at; at++)
        hash = hash * 33 + (unsigned char)*at;
    const char **place = &words->known[hash % WORDS_KNOWN];
    if (!*place || strcmp(*place, word) != 0)
        *place = arena_strdup(arena, word);
    return *place;
}

struct listing {
    store_keep_setting *keep;
    struct words words;
    struct arena *scratch;
    struct arena *arena; /* of what is kept */
    const struct setting *last;
    size_t last_count;
};

/* In the arena. Accounts of one host, which stand together, have the same ones. */
static const struct setting *keep_settings(struct listing *listing, const struct setting *settings,
                                           size_t count)
{
    size_t size = count * sizeof(*settings);

    if (count == 0)
        return NULL;
    if (count != listing->last_count || memcmp(settings, listing->last, size) != 0)
        listing->last = arena_memdup(listing->arena, settings, size);
    listing->last_count = count;
    return listing->last;
}

static bool list_settings(struct listing *listing, const char *json, struct account *account)
{
    struct account all = {0};
    struct setting *kept;
    size_t count = 0;

    if (!store_settings_read(json, listing->scratch, &all))
        return false;
    kept = arena_alloc_array(listing->scratch, all.setting_count, sizeof(*kept));
    for (size_t i = 0; i < all.setting_count; i++) {
        const char *name = all.settings[i].name;
        char *value = arena_strdup(listing->scratch, all.settings[i].value);
        if (listing->keep)
            value = listing->keep(account->channel, name, value);
        if (value)
            kept[count++] = (struct setting){keep_word(&listing->words, listing->arena, name),
                                             keep_word(&listing->words, listing->arena, value)};
    }
    account->settings = keep_settings(listing, kept, count);
    account->setting_count = count;
    return true;
}

static bool list_account(struct listing *listing, sqlite3_stmt *statement, struct account *out)
{
    struct words *words = &listing->words;
    struct arena *arena = listing->arena;

    *out = (struct account){
        .municipality = keep_word(words, arena, sqlite_text(statement, 0)),
        .channel = keep_word(words, arena, sqlite_text(statement, 1)),
        .label = keep_word(words, arena, sqlite_text(statement, 2)),
    };
    bool fine = list_settings(listing, sqlite_text(statement, 3), out);
    arena_clear(listing->scratch);
    return fine;
}

static int count_accounts(struct store *store, size_t *out, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_ACCOUNT_COUNT, error);

    if (!statement)
        return -1;
    int row = sqlite_next(store, statement, reading, error);
    *out = row == 1 ? (size_t)sqlite3_column_int64(statement, 0) : 0;
    sqlite_done(statement);
    return row < 0 ? -1 : 0;
}

int store_account_list(struct store *store, struct arena *arena, store_keep_setting *keep,
                       struct account **out, size_t *out_count, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_ACCOUNT_LIST, error);
    struct listing listing = {.keep = keep, .arena = arena};
    size_t capacity;
    int row;

    *out = NULL;
    *out_count = 0;
    if (!statement || count_accounts(store, &capacity, error) < 0)
        return -1;
    listing.scratch = arena_new_small();
    *out = arena_alloc_array(arena, capacity, sizeof(**out)); /* it seldom grows meanwhile */
    while ((row = sqlite_next(store, statement, reading, error)) == 1) {
        *out = arena_grow(arena, *out, *out_count, &capacity, sizeof(**out));
        if (!list_account(&listing, statement, &(*out)[(*out_count)++])) {
            row = sqlite_damaged(store, N_("the settings of an account"), error);
            break;
        }
    }
    arena_free(listing.scratch);
    sqlite_done(statement);
    return row < 0 ? -1 : 0;
}
