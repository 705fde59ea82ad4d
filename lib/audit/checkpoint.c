#include "audit/checkpoint.h"

#include <inttypes.h>
#include <string.h>

#include "base/language.h"

#include "audit/lines.h"

enum { CHECKPOINT_TEXT_MAX_BYTES = NOTE_NAME_MAX_BYTES + 128 };

static int no_checkpoint(struct error *error, const char *why)
{
    return error_set(error, ERROR_VERIFICATION, _("this is no checkpoint: %s"), why);
}

int checkpoint_parse(const char *text, size_t size, struct checkpoint *out, struct error *error)
{
    struct lines rest = {text, size};
    struct line origin, tree_size, root;
    unsigned char empty_root[SHA256_SIZE];

    memset(out, 0, sizeof(*out));
    if (!lines_take(&rest, &origin) || !note_name_is_valid(origin.bytes, origin.length))
        return no_checkpoint(error, _("the first line is no origin"));
    if (!lines_take(&rest, &tree_size) || !line_decimal(&tree_size, &out->size))
        return no_checkpoint(error, _("the second line is no size"));
    if (!lines_take(&rest, &root) || !line_base64(&root, out->root, sizeof(out->root)))
        return no_checkpoint(error, _("the third line is no hash"));
    if (rest.left > 0)
        return no_checkpoint(error, _("more lines follow the hash"));
    sha256("", 0, empty_root);
    if (out->size == 0 && memcmp(out->root, empty_root, sizeof(empty_root)) != 0)
        return no_checkpoint(error, _("the hash of an empty log is another"));
    memcpy(out->origin, origin.bytes, origin.length);
    return 0;
}

void checkpoint_add(struct text *out, const struct checkpoint *checkpoint)
{
    text_addf(out, "%s\n%" PRIu64 "\n", checkpoint->origin, checkpoint->size);
    lines_add_hash(out, checkpoint->root);
}

int checkpoint_open(const char *bytes, size_t size, const struct note_vkey *key, struct note *note,
                    struct checkpoint *out, struct error *error)
{
    if (note_parse(bytes, size, note, error) < 0 || note_verify(note, key, 1, NULL, error) < 0 ||
        checkpoint_parse(note->text, note->text_size, out, error) < 0)
        return -1;
    if (strcmp(out->origin, key->name) != 0)
        return error_set(error, ERROR_VERIFICATION,
                         _("the checkpoint is of the log '%s', and '%s' signed it"), out->origin,
                         key->name);
    return 0;
}

int checkpoint_sign(struct text *out, const struct checkpoint *checkpoint,
                    const struct note_vkey *vkey, const struct ed25519_key *key,
                    struct error *error)
{
    struct text text;

    text_init(&text, CHECKPOINT_TEXT_MAX_BYTES);
    checkpoint_add(&text, checkpoint);
    int result = note_sign(out, text.bytes, text.length, vkey, key, error);
    text_release(&text);
    return result;
}
