/* Bytes as a plan; and every message of a good one, rendered for every channel, live and as an
 * exercise, for two municipalities whatever the plan says of its own. */
#include "base/limits.h"
#include "base/utf8.h"
#include "plan/directory.h"
#include "plan/exercise.h"
#include "plan/plan.h"
#include "plan/render.h"
#include "plan/values.h"

#include "fuzz.h"

/* Limits that texts can reach. */
static const struct channel_shape shapes[] = {
    {"facebook",
     {TEXT_UNIT_CODE_POINTS, 200, false, 0, 0},
     false,
     false,
     {.images_max = 2,
      .image_max_bytes = 100,
      .image_types = "image/png",
      .alt_max = 20,
      .videos_max = 1,
      .video_max_bytes = 100},
     NULL},
    {"instagram",
     {TEXT_UNIT_UTF16, 300, false, 0, 0},
     false,
     false,
     {.images_max = 1, .image_max_bytes = 100, .image_types = "image/png", .needs_image = true},
     .limit_setting = "max-characters"},
    {"x", {TEXT_UNIT_X_WEIGHTED, 90, true, 0, 0}, false, false, {0}, NULL},
    {"webhook", {TEXT_UNIT_BYTES, 100000, false, 0, 0}, true, true, {0}, NULL},
};
enum { SHAPE_COUNT = sizeof(shapes) / sizeof(shapes[0]) };

static bool known_channel(const char *kind)
{
    for (size_t i = 0; i < SHAPE_COUNT; i++)
        if (strcmp(kind, shapes[i].name) == 0)
            return true;
    return strcmp(kind, "web") == 0;
}

static void check_media(const struct draft *draft, const struct draft_measure *measure,
                        enum run_mode mode)
{
    const struct media_limits *limits = &measure->channel->media;
    const struct card *card = measure->card;

    for (size_t i = 0; i < draft->media_count && !draft->document; i++) {
        const struct media *media = &draft->media[i];
        const bool is_image = media->kind == MEDIA_IMAGE;
        require(i < (is_image ? limits->images_max : limits->videos_max),
                "a channel gets no more than it takes");
        require(media->kind == draft->media[0].kind, "of one kind");
        require(media->alt && media->alt[0], "everybody is told what a file shows");
    }
    require(!card || draft->media_count == 0, "a card is for drafts without a picture");
    require(!limits->needs_image || card || draft->media_count > 0, "a picture, or a card");
    require(!card || (card->mark != NULL) == (mode == MODE_EXERCISE), "a card says what it is");
    require(!card || (card->text[0] && card->municipality[0] && card->title[0]),
            "a card says something");
}

static void check_draft(const struct draft *draft, const struct draft_measure *measure,
                        enum run_mode mode)
{
    require(draft->part_count >= 1 && draft->part_count <= THREAD_PARTS_MAX, "a draft has parts");
    require(draft->part_count == 1 || measure->channel->limits.threads,
            "threads are where allowed");
    for (size_t i = 0; i < draft->part_count; i++) {
        const char *part = draft->parts[i];
        const size_t length = strlen(part);
        require(length > 0 && utf8_valid_prefix(part, length) == length &&
                    !utf8_find_forbidden(part),
                "a part is text");
        require(measure->lengths[i] <= measure->channel->limits.limit, "a part fits");
        require(mode != MODE_EXERCISE || exercise_begins_with_mark(part),
                "each part of an exercise says so");
    }
    check_media(draft, measure, mode);
    require(!draft->document || strlen(draft->document) <= DOCUMENT_MAX_BYTES,
            "a document is not too large");
}

static void render(struct arena *arena, const struct plan *plan, const struct message *message,
                   enum run_mode mode)
{
    size_t account_count;
    struct problems problems;
    struct rendering *rendering;
    struct render_request request = {
        .plan = plan,
        .message = message,
        .values = values_sample(arena, plan),
        .mode = mode,
        .run = "flom.alert.20261124T062500Z.7f3a",
        .sent_unix_ms = INT64_C(1795501500000),
        .when = {2026, 11, 24, 7, 25, 0, 60},
        .coordinator = "Nasjonal krisekoordinator",
        .channels = shapes,
        .channel_count = SHAPE_COUNT,
    };

    problems_init(&problems, arena);
    request.accounts = render_accounts(arena, plan, shapes, SHAPE_COUNT, &account_count);
    request.account_count = account_count;
    const int result = render_message(arena, &request, &problems, &rendering);
    require((result == 0) == (problems.error_count == 0), "not rendered, then a problem");
    require(result < 0 || (rendering && rendering->unrendered_count == 0),
            "nothing is left out silently");
    for (size_t i = 0; rendering && i < rendering->draft_count; i++)
        check_draft(&rendering->drafts[i], &rendering->measures[i], mode);
}

/* Pictures and films in turn, as if they had been read. */
static void give_media(struct plan *plan)
{
    for (size_t i = 0; i < plan->message_count; i++)
        for (size_t j = 0; j < plan->messages[i].media_count; j++) {
            struct media media = {.kind = j % 2 ? MEDIA_VIDEO : MEDIA_IMAGE,
                                  .type = j % 2 ? "video/mp4" : "image/png",
                                  .file_name = "f",
                                  .sha256 = "0",
                                  .bytes = "",
                                  .size_bytes = j % 3 ? 100 : 101};
            plan->messages[i].media[j].content = media;
        }
}

/* Two municipalities: one speaks every language of the plan, the other one the last. */
static void give_audience(struct arena *arena, struct plan *plan)
{
    static const char yaml[] = "municipalities:\n"
                               "  - {id: \"0301\", name: Oslo, county: {id: \"03\", name: Oslo}, "
                               "phone: \"02180\", website: \"https://oslo.example/\"}\n"
                               "  - {id: \"5610\", name: {nb: Karasjok, se: Kárášjohka}}\n";
    struct audience_member *audience = arena_alloc_array(arena, 2, sizeof(*audience));
    unsigned *languages = arena_alloc_array(arena, plan->language_count, sizeof(*languages));
    struct problems problems;
    struct directory *directory;

    problems_init(&problems, arena);
    require(directory_parse(arena, "d.yaml", yaml, strlen(yaml), &problems, &directory) == 0,
            "the municipalities are some");
    for (unsigned i = 0; i < plan->language_count; i++)
        languages[i] = i;
    audience[0] = (struct audience_member){directory->sorted[0], languages, plan->language_count};
    audience[1] =
        (struct audience_member){directory->sorted[1], languages + plan->language_count - 1, 1};
    plan->audience = audience;
    plan->audience_count = 2;
}

static void look_at_messages(struct arena *arena, struct plan *plan)
{
    give_audience(arena, plan);
    give_media(plan);
    for (size_t i = 0; i < plan->message_count; i++) {
        const struct message *message = &plan->messages[i];
        plan_missing_reversal(plan, message);
        plan_channel_text(message, "webhook");
        require(plan_find_message(plan, message->name) == message, "a message is found");
        render(arena, plan, message, MODE_LIVE);
        render(arena, plan, message, MODE_EXERCISE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct problems problems;
    struct plan *plan;

    problems_init(&problems, arena);
    const int result =
        plan_parse(arena, "plan.yaml", (const char *)data, size, known_channel, &problems, &plan);
    require((result == 0) == (problems.error_count == 0), "refused, then a problem");
    require((result == 0) == (plan != NULL), "a result is a plan");
    if (plan) {
        require(plan->message_count > 0 && plan->language_count > 0 && plan->id,
                "a plan has a message in a language");
        for (size_t i = 0; i < plan->variable_count; i++)
            plan_variable_refusal(arena, &plan->variables[i], plan->id);
        look_at_messages(arena, plan);
    }
    arena_free(arena);
    return 0;
}
