#include "cmd/audit_texts.h"

#include <inttypes.h>
#include <string.h>

#include "base/language.h"
#include "dispatch/texts.h"

int audit_texts_compare(struct store *store, const struct told *told, const struct run_record *run,
                        struct error *error)
{
    const struct told_run *start = told_find_run(told, run->id);
    unsigned char texts[SHA256_SIZE];

    if (!start) {
        error_set(error, ERROR_VERIFICATION, _("no entry of the audit log tells of the run '%s'"),
                  run->id);
        return error_next(error, _("keep this workspace as it is, and find out who changed it"));
    }
    if (texts_of_run(store, run->row, texts, error) < 0)
        return -1;
    if (memcmp(texts, start->texts, sizeof(texts)) == 0)
        return 0;
    error_set(error, ERROR_VERIFICATION,
              _("the store does not fit the audit log: entry %" PRIu64
                " begins the run '%s' with other texts than it has now"),
              start->sequence, run->id);
    return error_next(error, _("keep this workspace as it is, and find out who changed it"));
}

int audit_texts_check(struct store *store, const struct run_record *run, struct error *error)
{
    struct told *told = told_new(run->id);
    int result = told_read(told, store, error);

    if (result == 0)
        result = audit_texts_compare(store, told, run, error);
    told_free(told);
    return result;
}
