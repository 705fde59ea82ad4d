/* The gate, given two files of approval that were good before the fuzzer changed one of them: what
 * counts is a statement exactly as it was signed, and two approvers are two. The bytes: which part
 * is changed, and an edit. */
#include "trust/approval.h"

#include "../unit/trust_signing.h"
#include "fuzz.h"

enum { FILES = 2, IS_SECOND = 1, IS_STATEMENT = 2 };

static const int64_t now_unix_ms = INT64_C(1795410000000);

/* What is the same for every input. */
struct world {
    struct arena *arena;
    struct statement wanted;
    struct signer items[FILES];
    struct signers signers;
    struct approval_file files[FILES];
};

static void add_approver(struct world *world, unsigned number)
{
    static const char *const names[FILES] = {"kari@dsb.example", "ola@dsb.example"};
    static const char *const namespaces[] = {STATEMENT_NAMESPACE};
    struct signer *signer = &world->items[number];
    struct approval_file *file = &world->files[number];
    struct error error = {0};
    struct text text;

    *signer = (struct signer){.principal = names[number],
                              .key = signing_test_key(number),
                              .namespaces = namespaces,
                              .namespace_count = 1};
    text_init(&text, STATEMENT_MAX_BYTES);
    world->wanted.nonce[0] = (unsigned char)number;
    require(statement_add(&text, &world->wanted, &error) == 0, "what is wanted is a statement");
    const char *signature =
        signing_test_sign(world->arena, number, STATEMENT_NAMESPACE, text.bytes, text.length);
    *file =
        (struct approval_file){.name = names[number],
                               .statement = arena_strndup(world->arena, text.bytes, text.length),
                               .statement_size = text.length,
                               .signature = signature,
                               .signature_size = strlen(signature)};
    text_release(&text);
}

static struct world *world_new(void)
{
    static const struct statement_variable variables[] = {{"phone", "02180"}, {"river", "Glomma"}};
    struct world *world = calloc(1, sizeof(*world));

    require(world != NULL, "there is memory");
    world->arena = arena_new();
    world->wanted = (struct statement){.plan = "flom",
                                       .message = "alert",
                                       .mode = MODE_LIVE,
                                       .variables = variables,
                                       .variable_count = 2,
                                       .municipality_count = 357,
                                       .delivery_count = 1071,
                                       .not_before_unix_ms = now_unix_ms - 3600000,
                                       .not_after_unix_ms = now_unix_ms + 3600000};
    memset(world->wanted.plan_sha256, 1, SHA256_SIZE);
    memset(world->wanted.texts_sha256, 2, SHA256_SIZE);
    for (unsigned i = 0; i < FILES; i++)
        add_approver(world, i);
    world->signers =
        (struct signers){.version = 1, .threshold = 1, .items = world->items, .count = FILES};
    return world;
}

static void decide(const struct world *world, const struct approval_file files[FILES],
                   unsigned threshold, bool is_good)
{
    static const char *const approvers[] = {"kari@dsb.example", "ola@dsb.example"};
    static const char *const endpoints[] = {"https://graph.facebook.com/v25.0"};
    struct arena *arena = arena_new();
    const struct approval_request request = {.plan = "flom",
                                             .message = "alert",
                                             .mode = MODE_LIVE,
                                             .plan_threshold = threshold,
                                             .endpoints = endpoints,
                                             .endpoint_count = 1,
                                             .wanted = &world->wanted,
                                             .approvers = approvers,
                                             .approver_count = 2,
                                             .signers = &world->signers,
                                             .files = files,
                                             .file_count = FILES,
                                             .now_unix_ms = now_unix_ms};
    const struct verified_run *run;
    struct error error = {0};

    const int result = approval_decide(arena, &request, &run, &error);
    require((result == 0) == (run != NULL), "let through, or not");
    require(result == 0 || error.kind == ERROR_NOT_APPROVED, "a refusal has a reason");
    require(threshold > 1 || result == 0, "one good approval is there");
    require(threshold < 2 || result < 0 || is_good, "nothing counts but what was signed");
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world *world;
    struct approval_file files[FILES];

    if (!world)
        world = world_new();
    if (size < 1 + FUZZ_EDIT_HEAD)
        return 0;
    memcpy(files, world->files, sizeof(files));
    const struct approval_file *before = &world->files[data[0] & IS_SECOND ? 1 : 0];
    struct approval_file *file = &files[data[0] & IS_SECOND ? 1 : 0];
    const bool is_statement = data[0] & IS_STATEMENT;
    size_t length = is_statement ? before->statement_size : before->signature_size;
    char *changed = fuzz_change(is_statement ? before->statement : before->signature, &length,
                                data + 1, size - 1);

    if (is_statement) {
        file->statement = changed;
        file->statement_size = length;
    } else {
        file->signature = changed;
        file->signature_size = length;
    }
    /* Of a signature other spellings may be as good; of a statement there is one. */
    const bool is_good = file->statement_size == before->statement_size &&
                         memcmp(file->statement, before->statement, before->statement_size) == 0;
    decide(world, files, 1, is_good);
    decide(world, files, 2, is_good);
    free(changed);
    return 0;
}
