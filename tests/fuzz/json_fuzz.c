/* JSON from any bytes, asked for anything; and any text written into JSON and read again. */
#include "base/text.h"
#include "base/utf8.h"
#include "wire/json.h"

#include "fuzz.h"

static void ask(const struct json *value)
{
    char id[64];
    int64_t whole;
    double number;

    const bool is_id = json_id(value, id, sizeof(id), NULL);
    require(!is_id || (id[0] != '\0' && strlen(id) < sizeof(id)), "an id is whole");
    const char *text = json_text(value, NULL);
    require(!text || utf8_valid_prefix(text, strlen(text)) == strlen(text), "a text is UTF-8");
    (void)json_whole(value, &whole, NULL);
    require(!json_number(value, &number, NULL) || number == number, "a number is one");
    require(!(json_is_true(value, NULL) && json_is_false(value, NULL)), "true is not false");
    (void)json_text(value, "a", "b", NULL);
    (void)json_id(value, id, sizeof(id), "id", NULL);
}

static void fuzz_reading(const char *bytes, size_t size)
{
    struct json *root = json_parse(bytes, size);
    void *cursor = NULL;
    const struct json *value = NULL;

    ask(root);
    require(!root || json_is_object(root) != json_is_array(root), "a root is one or the other");
    for (size_t i = 0; i < json_count(root); i++)
        ask(json_item(root, i));
    require(json_item(root, json_count(root)) == NULL, "there is nothing after the end");
    while (json_next(root, &cursor, &value))
        ask(value);
    json_free(root);
}

static void fuzz_writing(const char *string)
{
    const size_t length = strlen(string);
    struct text text;

    text_init(&text, 8 * length + 64);
    text_add_char(&text, '{');
    json_add_member(&text, "a", string);
    json_add_member(&text, "b", "c");
    text_add_char(&text, '}');
    require(text.overflowed == (utf8_valid_prefix(string, length) != length),
            "what is UTF-8 can be written");
    if (!text.overflowed) {
        struct json *root = json_parse(text.bytes, text.length);
        const char *read = json_text(root, "a", NULL);
        require(read && strcmp(read, string) == 0, "writing loses nothing");
        read = json_text(root, "b", NULL);
        require(read && strcmp(read, "c") == 0, "and nothing after it");
        json_free(root);
    }
    text_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *string = fuzz_string(data, size);

    fuzz_reading(string, size);
    fuzz_writing(string);
    free(string);
    return 0;
}
