#include "base/language.h"

#include "store/sqlite.h"

int store_account_posts(struct store *store, struct arena *arena, const struct account *account,
                        int64_t delivery_row, int64_t since_unix_ms, const char ***out,
                        size_t *out_count, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_ACCOUNT_POSTS, error);
    size_t capacity = 0;
    int row;

    *out = NULL;
    *out_count = 0;
    if (!statement)
        return -1;
    sqlite_bind_number(statement, 1, since_unix_ms);
    sqlite_bind_text(statement, 2, account->municipality);
    sqlite_bind_text(statement, 3, account->channel);
    sqlite_bind_text(statement, 4, account->label);
    sqlite_bind_number(statement, 5, delivery_row);
    while ((row = sqlite_next(store, statement, N_("cannot read the posts"), error)) == 1) {
        *out = arena_grow(arena, *out, *out_count, &capacity, sizeof(**out));
        (*out)[(*out_count)++] = sqlite_text_copy(statement, 0, arena);
    }
    sqlite_done(statement);
    return row < 0 ? -1 : 0;
}
