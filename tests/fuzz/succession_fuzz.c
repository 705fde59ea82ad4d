/* The next list of approvers, with the signatures of the two that the present one asks for, after
 * an edit of the list or of a signature: a list takes force exactly as it was signed. The bytes:
 * what is edited, and an edit. */
#include "trust/succession.h"

#include "../unit/trust_signing.h"
#include "fuzz.h"

enum { APPROVERS = 2, EDIT_LIST = 2 };

static const int64_t now_unix_ms = INT64_C(1795410000000);
static const char *const names[APPROVERS] = {"kari@dsb.example", "ola@dsb.example"};

/* What is the same for every input. */
struct world {
    struct arena *arena;
    const struct signers *current;
    struct text next;
    struct succession_signature signatures[APPROVERS];
};

static void write_list(struct text *out, unsigned version, const unsigned char *previous_sha256)
{
    static const char *const namespaces[] = {"crisis-approval@v1", SUCCESSION_NAMESPACE};

    text_init(out, SIGNERS_FILE_MAX_BYTES);
    signers_add_version(out, version, APPROVERS, previous_sha256);
    for (unsigned i = 0; i < APPROVERS; i++) {
        const struct signer signer = {.principal = names[i],
                                      .key = signing_test_key(i),
                                      .namespaces = namespaces,
                                      .namespace_count = 2};
        signers_add_signer(out, &signer);
    }
}

static const struct signers *read_list(struct arena *arena, const char *bytes, size_t size)
{
    const struct signers *signers;
    struct problems problems;

    problems_init(&problems, arena);
    return signers_read(arena, "approvers", bytes, size, &problems, &signers) == 0 ? signers : NULL;
}

static struct world *world_new(void)
{
    struct world *world = calloc(1, sizeof(*world));
    struct text current;

    require(world != NULL, "there is memory");
    world->arena = arena_new();
    write_list(&current, 1, NULL);
    world->current = read_list(world->arena, current.bytes, current.length);
    require(world->current != NULL, "the present list is one");
    write_list(&world->next, 2, world->current->sha256);
    for (unsigned i = 0; i < APPROVERS; i++) {
        const char *armour = signing_test_sign(world->arena, i, SUCCESSION_NAMESPACE,
                                               world->next.bytes, world->next.length);
        world->signatures[i] = (struct succession_signature){names[i], armour, strlen(armour)};
    }
    text_release(&current);
    return world;
}

static void examine(struct arena *arena, const struct world *world, const char *next, size_t size,
                    const struct succession_signature signatures[APPROVERS], bool is_edited)
{
    const bool is_same =
        size == world->next.length && memcmp(next, world->next.bytes, world->next.length) == 0;
    const struct succession succession = {.current = world->current,
                                          .next = read_list(arena, next, size),
                                          .next_bytes = next,
                                          .next_size = size,
                                          .signatures = signatures,
                                          .signature_count = APPROVERS,
                                          .now_unix_ms = now_unix_ms};
    struct succession_state state;
    struct error error = {0};

    require(succession.next || !is_same, "the next list is one");
    if (!succession.next)
        return;
    if (succession_examine(arena, &succession, &state, &error) < 0) {
        require(error.kind == ERROR_NOT_APPROVED && !is_same, "a refusal has a reason");
        return;
    }
    require(state.needs_signatures, "a list that is set up asks for consent");
    require(state.current_signed <= APPROVERS, "each of them counts once");
    require(!succession_is_complete(&state) || is_same, "a list takes force as it was signed");
    require(is_edited || succession_is_complete(&state), "what all have signed takes force");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world *world;
    struct succession_signature signatures[APPROVERS];
    struct arena *arena;

    if (!world)
        world = world_new();
    if (size < 1 + FUZZ_EDIT_HEAD)
        return 0;
    arena = arena_new();
    memcpy(signatures, world->signatures, sizeof(signatures));
    struct succession_signature *signature = &signatures[data[0] & 1];
    const bool is_list = data[0] & EDIT_LIST;
    const char *before = is_list ? world->next.bytes : signature->armour;
    const size_t before_length = is_list ? world->next.length : signature->size;
    size_t length = before_length;
    char *edited = fuzz_change(before, &length, data + 1, size - 1);
    const bool is_edited = length != before_length || memcmp(edited, before, length) != 0;

    if (is_list) {
        examine(arena, world, edited, length, signatures, is_edited);
    } else {
        signature->armour = edited;
        signature->size = length;
        examine(arena, world, world->next.bytes, world->next.length, signatures, is_edited);
    }
    free(edited);
    arena_free(arena);
    return 0;
}
