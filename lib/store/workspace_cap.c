/* What signs the CAP files of the public site. */
#include "base/file.h"
#include "base/language.h"
#include "trust/xml_signature.h"

#include "store/files.h"
#include "store/workspace.h"

int workspace_cap_signer(const struct workspace *workspace, struct xml_signer **out,
                         struct error *error)
{
    const char *certificate_path = workspace->config->cap_certificate, *key_path;
    struct arena *arena = arena_new();
    struct text key, certificate = {0};
    struct error fault = {0};

    *out = NULL;
    text_init_secret(&key, XML_SIGNER_FILE_MAX_BYTES);
    int result = 0;
    if (certificate_path)
        result = files_read_key(workspace, arena, "cap.key", &key, &key_path, error);
    if (result == 0 && certificate_path)
        result = file_read(certificate_path, XML_SIGNER_FILE_MAX_BYTES, &certificate, error);
    if (result == 0 && certificate_path && xml_signer_new(&key, &certificate, out, &fault) < 0) {
        error_set(error, ERROR_INPUT, _("CAP files cannot be signed with '%s' and '%s': %s"),
                  key_path, certificate_path, fault.message);
        result = error_next(error, _("put the right files there, or leave `cap-certificate` out of "
                                     "crisis.yaml"));
    }
    text_release(&certificate);
    text_release(&key);
    arena_free(arena);
    return result;
}
