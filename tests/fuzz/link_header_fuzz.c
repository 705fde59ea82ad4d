/* Headers with links: the relation is found in what any server writes, or not, and what comes out
 * is an address. */
#include "wire/link_header.h"

#include "fuzz.h"

static const char base[] = "https://oslo.example/nyheter/";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *headers = fuzz_take_string(&data, &size);
    char *reference = fuzz_take_string(&data, &size);
    const struct http_reply reply = {.status = 200, .headers = headers, .body = ""};
    char out[256];

    if (link_header_find(&reply, "micropub", base, out, sizeof(out))) {
        require(url_is_acceptable(out) && strlen(out) < sizeof(out), "what is found is an address");
        /* Within quotes a letter may stand behind a backslash. */
        require((strcasestr(headers, "micropub") || strchr(headers, '\\')) && strchr(headers, '<'),
                "it was there");
    }
    if (url_resolve(base, reference, out, sizeof(out)))
        require(url_is_acceptable(out) &&
                    (strchr("/", reference[0]) || strcmp(out, reference) == 0),
                "an absolute address stays as it is");
    free(headers);
    free(reference);
    return 0;
}
