/* An agent's answers of any bytes: keys within their bounds, and never a signature. */
#include "trust/ssh_agent.h"
#include "trust/sshsig.h"

#include "fuzz.h"

static void check_list(const struct ssh_agent_list *list)
{
    require(list->count + list->refused_count <= SSH_AGENT_IDENTITIES_MAX, "a list is bounded");
    for (size_t i = 0; i < list->count; i++) {
        for (const char *at = list->items[i].comment; *at; at++)
            require((unsigned char)*at >= ' ' && *at != 0x7f, "a comment can be printed");
        char fingerprint[SSH_FINGERPRINT_SIZE];
        ssh_key_fingerprint(&list->items[i].key, fingerprint);
        require(strncmp(fingerprint, "SHA256:", 7) == 0, "a key has a fingerprint");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct ssh_key nobody = {.kind = SSH_KEY_ED25519,
                                          .point_size = ED25519_POINT_SIZE};
    struct arena *arena = arena_new();
    struct ssh_agent_list list;
    struct error error = {0}, why = {0};
    struct text armour;

    text_init(&armour, SSHSIG_ARMOUR_MAX_BYTES);
    if (ssh_agent_read_list(arena, data, size, &list, &error) == 0)
        check_list(&list);
    else
        require(error.kind == ERROR_SYSTEM, "a refusal has a reason");
    require(ssh_agent_read_signature(data, size, &nobody, "test", "message", 7, &armour, &why) <
                    0 &&
                why.kind == ERROR_SYSTEM && armour.length == 0,
            "no signature is made by nobody's key");
    text_release(&armour);
    arena_free(arena);
    return 0;
}
