#include "wire/address.h"

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include "base/language.h"

#include "wire/http_message.h"

enum { IPV4_OFFSET = 12, IPV4_PREFIX_BITS = 96 };

#define IPV4(a, b, c, d)                                                                           \
    {                                                                                              \
        {                                                                                          \
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d                                   \
        }                                                                                          \
    }
#define IPV4_BITS(bits) (IPV4_PREFIX_BITS + (bits))

/* IANA's special-purpose registries, without what is for documentation only. */
static const struct internal_block {
    struct address_block block;
    const char *kind;
} internal_blocks[] = {
    {{IPV4(127, 0, 0, 0), IPV4_BITS(8)}, N_("this machine itself")},
    {{IPV4(10, 0, 0, 0), IPV4_BITS(8)}, N_("a private network")},
    {{IPV4(172, 16, 0, 0), IPV4_BITS(12)}, N_("a private network")},
    {{IPV4(192, 168, 0, 0), IPV4_BITS(16)}, N_("a private network")},
    {{IPV4(169, 254, 0, 0), IPV4_BITS(16)}, N_("a link-local address")},
    {{IPV4(100, 64, 0, 0), IPV4_BITS(10)}, N_("a provider's inner network")},
    {{IPV4(0, 0, 0, 0), IPV4_BITS(8)}, N_("this machine itself")},
    {{IPV4(192, 0, 0, 0), IPV4_BITS(24)}, N_("an address for protocols")},
    {{IPV4(198, 18, 0, 0), IPV4_BITS(15)}, N_("a network for measurements")},
    {{IPV4(224, 0, 0, 0), IPV4_BITS(4)}, N_("a multicast address")},
    {{IPV4(240, 0, 0, 0), IPV4_BITS(4)}, N_("a reserved address")},
    {{{{[15] = 1}}, 128}, N_("this machine itself")},
    {{{{0xfc}}, 7}, N_("a private network")},
    {{{{0xfe, 0x80}}, 10}, N_("a link-local address")},
    {{{{0xff}}, 8}, N_("a multicast address")},
    {{{{0x20, 0x01}}, 23}, N_("an address for protocols")}, /* Teredo among them */
};

enum { INTERNAL_COUNT = sizeof(internal_blocks) / sizeof(internal_blocks[0]) };

static const struct address_block global_unicast = {{{0x20}}, 3};
static const struct address_block mapped = {IPV4(0, 0, 0, 0), IPV4_PREFIX_BITS};
static const struct address_block nat64 = {{{0x00, 0x64, 0xff, 0x9b}}, 96};
static const struct address_block six_to_four = {{{0x20, 0x02}}, 16};

static const struct address_block loopback_blocks[] = {
    {IPV4(127, 0, 0, 0), IPV4_BITS(8)},
    {{{[15] = 1}}, 128},
};
static const struct address_block private_blocks[] = {
    {IPV4(10, 0, 0, 0), IPV4_BITS(8)},
    {IPV4(172, 16, 0, 0), IPV4_BITS(12)},
    {IPV4(192, 168, 0, 0), IPV4_BITS(16)},
    {{{0xfc}}, 7},
};

enum {
    LOOPBACK_COUNT = sizeof(loopback_blocks) / sizeof(loopback_blocks[0]),
    PRIVATE_COUNT = sizeof(private_blocks) / sizeof(private_blocks[0]),
};

/* --- addresses ------------------------------------------------------------------------------- */

struct address address_of_ipv4(const unsigned char bytes[4])
{
    struct address address = mapped.first;
    memcpy(address.bytes + IPV4_OFFSET, bytes, 4);
    return address;
}

struct address address_of_ipv6(const unsigned char bytes[16])
{
    struct address address;
    memcpy(address.bytes, bytes, sizeof(address.bytes));
    if (address_block_holds(&nat64, &address))
        return address_of_ipv4(bytes + IPV4_OFFSET);
    if (address_block_holds(&six_to_four, &address))
        return address_of_ipv4(bytes + 2);
    return address;
}

static bool is_ipv4(const struct address *address)
{
    return address_block_holds(&mapped, address);
}

/* inet_pton takes no other spelling than four decimal numbers, or RFC 4291's. */
bool address_parse(const char *text, struct address *out)
{
    unsigned char bytes[ADDRESS_SIZE];

    if (inet_pton(AF_INET, text, bytes) == 1)
        *out = address_of_ipv4(bytes);
    else if (inet_pton(AF_INET6, text, bytes) == 1)
        *out = address_of_ipv6(bytes);
    else
        return false;
    return true;
}

void address_format(const struct address *address, char out[ADDRESS_TEXT_SIZE])
{
    const char *text =
        is_ipv4(address) ? inet_ntop(AF_INET, address->bytes + IPV4_OFFSET, out, ADDRESS_TEXT_SIZE)
                         : inet_ntop(AF_INET6, address->bytes, out, ADDRESS_TEXT_SIZE);
    if (!text)
        out[0] = '\0'; /* never: the buffer holds any of them */
}

const char *address_internal_kind(const struct address *address)
{
    for (size_t i = 0; i < INTERNAL_COUNT; i++)
        if (address_block_holds(&internal_blocks[i].block, address))
            return internal_blocks[i].kind;
    if (is_ipv4(address) || address_block_holds(&global_unicast, address))
        return NULL;
    return N_("a reserved address");
}

/* --- blocks ---------------------------------------------------------------------------------- */

bool address_block_holds(const struct address_block *block, const struct address *address)
{
    unsigned bytes = block->bits / 8, bits = block->bits % 8;

    if (memcmp(block->first.bytes, address->bytes, bytes) != 0)
        return false;
    return bits == 0 || (block->first.bytes[bytes] ^ address->bytes[bytes]) >> (8 - bits) == 0;
}

static bool has_bits_after(const struct address_block *block)
{
    for (unsigned bit = block->bits; bit < ADDRESS_BITS; bit++)
        if (block->first.bytes[bit / 8] & (0x80 >> bit % 8))
            return true;
    return false;
}

static bool is_within_one_kind(const struct address_block *block)
{
    for (size_t i = 0; i < INTERNAL_COUNT; i++)
        if (internal_blocks[i].block.bits <= block->bits &&
            address_block_holds(&internal_blocks[i].block, &block->first))
            return true;
    return false;
}

/* "/16", or nothing: how many bits, of the 32 or 128 that the address has. */
static bool parse_bits(const char *text, unsigned most, unsigned *out)
{
    size_t digits = strspn(text + (*text == '/'), "0123456789");

    if (*text == '\0') {
        *out = most;
        return true;
    }
    if (*text != '/' || digits < 1 || digits > 3 || text[1 + digits] ||
        (text[1] == '0' && digits > 1))
        return false;
    *out = 0;
    for (size_t i = 0; i < digits; i++)
        *out = *out * 10 + (unsigned)(text[1 + i] - '0');
    return *out <= most;
}

const char *address_block_fault(const char *text, struct address_block *out)
{
    char host[ADDRESS_TEXT_SIZE];
    size_t length = strcspn(text, "/");
    bool has_colon = memchr(text, ':', length) != NULL;

    if (length >= sizeof(host))
        return N_("is no address");
    memcpy(host, text, length);
    host[length] = '\0';
    if (!address_parse(host, &out->first) || is_ipv4(&out->first) == has_colon)
        return N_("is no address");
    unsigned most = has_colon ? ADDRESS_BITS : ADDRESS_BITS - IPV4_PREFIX_BITS;
    if (!parse_bits(text + length, most, &out->bits))
        return N_("has no number of bits after '/'");
    out->bits += ADDRESS_BITS - most;
    if (has_bits_after(out))
        return N_("has bits set after its prefix: is it an address, without '/', or a block?");
    if (!is_within_one_kind(out))
        return N_("is not a block of internal addresses: public ones need no entry");
    return NULL;
}

size_t address_word_blocks(const char *word, const struct address_block **out)
{
    if (strcmp(word, "loopback") == 0) {
        *out = loopback_blocks;
        return LOOPBACK_COUNT;
    }
    if (strcmp(word, "private") == 0) {
        *out = private_blocks;
        return PRIVATE_COUNT;
    }
    return 0;
}

/* --- where requests may go ------------------------------------------------------------------- */

void address_policy_trust(struct address_policy *policy, struct arena *arena, const char *url)
{
    char origin[URL_ORIGIN_SIZE];

    if (!url || !url_origin(url, origin, sizeof(origin)) || address_policy_trusts(policy, origin))
        return;
    policy->origins = arena_grow(arena, policy->origins, policy->origin_count,
                                 &policy->origin_capacity, sizeof(*policy->origins));
    policy->origins[policy->origin_count++] = arena_strdup(arena, origin);
}

bool address_policy_trusts(const struct address_policy *policy, const char *origin)
{
    for (size_t i = 0; i < policy->origin_count; i++)
        if (strcmp(policy->origins[i], origin) == 0)
            return true;
    return false;
}

bool address_policy_allows(const struct address_policy *policy, const struct address *address)
{
    if (!address_internal_kind(address))
        return true;
    for (size_t i = 0; i < policy->block_count; i++)
        if (address_block_holds(&policy->blocks[i], address))
            return true;
    for (size_t i = 0; i < LOOPBACK_COUNT && policy->loopback; i++)
        if (address_block_holds(&loopback_blocks[i], address))
            return true;
    return false;
}

const char *address_policy_refusal(const struct address_policy *policy, const char *url)
{
    struct address address;
    char origin[URL_ORIGIN_SIZE];

    if (!url_origin(url, origin, sizeof(origin)) || address_policy_trusts(policy, origin) ||
        !url_address(url, &address) || address_policy_allows(policy, &address))
        return NULL;
    return address_internal_kind(&address);
}
