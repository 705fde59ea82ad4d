/* Addresses, forms and signatures from any bytes. An address that is taken here means the same to
 * libcurl, which opens the connection. */
#include <arpa/inet.h>

#include <curl/curl.h>

#include "base/text.h"
#include "wire/address.h"
#include "wire/form.h"
#include "wire/http_message.h"
#include "wire/oauth.h"

#include "fuzz.h"

enum { ORIGIN_SIZE = 300 };

/* "[…]" with the same address inside: libcurl 7.88 writes it anew only where that is shorter. */
static bool is_same_ipv6(const char *a, const char *b)
{
    unsigned char addresses[2][16];
    const char *const hosts[] = {a, b};

    for (size_t i = 0; i < 2; i++) {
        char text[ORIGIN_SIZE] = "";
        size_t length = strlen(hosts[i]);
        if (hosts[i][0] != '[' || length < 2 || length > sizeof(text))
            return false;
        memcpy(text, hosts[i] + 1, length - 2);
        if (inet_pton(AF_INET6, text, addresses[i]) != 1)
            return false;
    }
    return memcmp(addresses[0], addresses[1], sizeof(addresses[0])) == 0;
}

/* As libcurl reads it: scheme, host and port. */
static void require_same_for_curl(const char *url, const char *origin)
{
    CURLU *handle = curl_url();
    char *scheme = NULL, *host = NULL, *port = NULL;
    char ours_host[ORIGIN_SIZE], theirs[2 * ORIGIN_SIZE];

    require(handle != NULL, "there is memory");
    require(curl_url_set(handle, CURLUPART_URL, url, CURLU_DISALLOW_USER) == CURLUE_OK,
            "libcurl takes what we take");
    require(curl_url_get(handle, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                curl_url_get(handle, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                curl_url_get(handle, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK,
            "an address has its parts");
    const char *host_start = strstr(origin, "://") + 3, *host_end = strrchr(origin, ':');
    snprintf(ours_host, sizeof(ours_host), "%.*s", (int)(host_end - host_start), host_start);
    snprintf(theirs, sizeof(theirs), "%s://%s:%s", scheme,
             is_same_ipv6(ours_host, host) ? ours_host : host, port);
    require(strcasecmp(theirs, origin) == 0, "libcurl goes to the same place");
    curl_free(port);
    curl_free(host);
    curl_free(scheme);
    curl_url_cleanup(handle);
}

static void fuzz_address(const char *string)
{
    char origin[ORIGIN_SIZE];
    bool is_acceptable = url_is_acceptable(string);
    bool is_loopback = url_is_loopback(string);

    require(!is_acceptable || url_origin(string, origin, sizeof(origin)), "it has an origin");
    require(!is_loopback || url_origin(string, origin, sizeof(origin)), "it has an origin");
    if (is_acceptable) {
        require(!strpbrk(string, " #\\\n") && url_is_acceptable(origin), "an origin is an address");
        require_same_for_curl(string, origin);
    }
    if (is_loopback)
        require(strstr(origin, "://127.") || strstr(origin, "localhost:") ||
                    strstr(origin, "://[::1]:"),
                "what is loopback never leaves the machine");
}

/* Addresses of hosts, and blocks of them. */
static void fuzz_number(const char *string)
{
    char written[ADDRESS_TEXT_SIZE];
    struct address address, again;
    struct address_block block;

    if (address_parse(string, &address)) {
        address_format(&address, written);
        require(address_parse(written, &again) && memcmp(&address, &again, sizeof(address)) == 0,
                "an address that is written is the same");
        require(address_block_fault(string, &block) || address_block_holds(&block, &address),
                "an address is a block of one");
    }
    if (!address_block_fault(string, &block))
        require(block.bits <= ADDRESS_BITS && address_block_holds(&block, &block.first) &&
                    address_internal_kind(&block.first),
                "a block is of internal addresses");
}

/* What nobody has let through is not talked to, however it is written. */
static void fuzz_policy(const char *string)
{
    static const struct address_policy none;
    char origin[ORIGIN_SIZE];

    if (url_is_acceptable(string) && url_origin(string, origin, sizeof(origin))) {
        require(!address_policy_trusts(&none, origin), "nothing is trusted by itself");
        require(!url_is_loopback(string) || address_policy_refusal(&none, string),
                "this machine is not talked to");
    }
}

static void fuzz_percent(const char *string)
{
    const size_t length = strlen(string);
    struct text encoded, decoded;

    text_init(&encoded, 3 * length + 64);
    text_init(&decoded, length + 64);
    percent_add(&encoded, string);
    require(percent_decode(&decoded, encoded.bytes, encoded.length, true) &&
                strcmp(decoded.bytes, string) == 0,
            "encoding loses nothing");
    text_reset(&decoded);
    if (!percent_decode(&decoded, string, length, true))
        require(decoded.length == 0, "what is refused adds nothing");
    require(strlen(decoded.bytes) == decoded.length, "no NUL is made");
    text_release(&decoded);
    text_release(&encoded);
}

static void fuzz_signature(const char *string)
{
    static const struct oauth1_credential credential = {"key", "secret", "token", "token secret"};
    struct text header;

    text_init_secret(&header, 16384);
    const bool is_signed = oauth1_authorization_add(&header, &credential, HTTP_POST,
                                                    "https://example.no/?a=b", string, "nonce", 1);
    require(is_signed == (header.length > 0), "what cannot be signed adds nothing");
    require(!strstr(header.bytes, "secret"), "a signature shows no secret");
    text_reset(&header);
    if (url_is_acceptable(string))
        (void)oauth1_authorization_add(&header, &credential, HTTP_GET, string, NULL, "nonce", 1);
    require(!strpbrk(header.bytes, "\r\n"), "a header is one line");
    text_release(&header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *string = fuzz_string(data, size);

    fuzz_address(string);
    fuzz_number(string);
    fuzz_policy(string);
    fuzz_percent(string);
    fuzz_signature(string);
    free(string);
    return 0;
}
