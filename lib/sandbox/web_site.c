#include "sandbox/web_site.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

struct account *sandbox_site(struct world *world, enum channel channel, const char *name)
{
    struct account *account;

    if (*name == '\0' || strlen(name) > SANDBOX_KEY_MAX_BYTES)
        return NULL;
    account = sandbox_account_by_key(world, channel, name);
    if (account == NULL && !world->strict_accounts) {
        account = sandbox_account_new(world, channel);
        if (account != NULL)
            sandbox_account_set_key(world, account, name);
    }
    return account;
}

bool sandbox_slug_is_formed(const char *slug)
{
    size_t length = strlen(slug);

    return length >= 1 && length <= WEB_SLUG_MAX_BYTES &&
           strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static bool slug_is_taken(const struct post *post, const char *slug)
{
    for (const struct post *other = post->account->newest; other != NULL; other = other->previous) {
        if (other != post && other->deleted_ms == 0 && other->slug != NULL &&
            strcmp(other->slug, slug) == 0)
            return true;
    }
    return false;
}

void sandbox_slug_choose(struct post *post, const char *slug)
{
    char numbered[WEB_SLUG_MAX_BYTES + 16];

    snprintf(numbered, sizeof(numbered), "%s", slug);
    for (unsigned number = 2; slug_is_taken(post, numbered); number++)
        snprintf(numbered, sizeof(numbered), "%.200s-%u", slug, number);
    memory_free(post->slug);
    post->slug = memory_strdup(numbered);
}

static size_t entity_add(struct text *out, const char *at)
{
    static const struct {
        const char *entity, *character;
    } entities[] = {{"&amp;", "&"},   {"&lt;", "<"},  {"&gt;", ">"},
                    {"&quot;", "\""}, {"&#39;", "'"}, {"&#91;", "["}};

    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        size_t length = strlen(entities[i].entity);
        if (strncmp(at, entities[i].entity, length) == 0) {
            text_add(out, entities[i].character);
            return length;
        }
    }
    text_add_char(out, *at);
    return 1;
}

void sandbox_html_text(struct text *out, const char *html)
{
    while (*html != '\0') {
        if (*html != '<') {
            html += entity_add(out, html);
            continue;
        }
        if (strncasecmp(html, "</p", 3) == 0)
            text_add(out, "\n\n");
        else if (strncasecmp(html, "<br", 3) == 0)
            text_add_char(out, '\n');
        html += strcspn(html, ">");
        html += *html == '>';
    }
    while (out->length > 0 && out->bytes[out->length - 1] == '\n')
        text_truncate(out, out->length - 1);
}
