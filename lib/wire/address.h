/*
 * IP addresses as values, which of them are internal, and where requests may go. A municipality's
 * account names the host that is talked to; without this its settings could make the program talk
 * to a database on this machine, a printer, or the metadata service of a cloud (SSRF).
 *
 * Public addresses may be talked to by everybody. Internal ones only where whoever runs the
 * workspace said so: as the address of a network (an origin), or as a block of addresses.
 */
#ifndef CRISIS_WIRE_ADDRESS_H
#define CRISIS_WIRE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum { ADDRESS_SIZE = 16, ADDRESS_BITS = 128, ADDRESS_TEXT_SIZE = 46 };

/* In network order. An IPv4 address is the one that RFC 4291 2.5.5.2 maps it to, ::ffff:a.b.c.d. */
struct address {
    unsigned char bytes[ADDRESS_SIZE];
};

/* Every address that begins with these bits; the others are zero. */
struct address_block {
    struct address first;
    unsigned bits;
};

/* From the 4 or 16 bytes of a socket's address. An IPv6 address that only stands for an IPv4 one
 * (mapped, NAT64 with its well-known prefix: RFC 6052, 6to4: RFC 3056) becomes that. */
struct address address_of_ipv4(const unsigned char bytes[4]);
struct address address_of_ipv6(const unsigned char bytes[16]);
/* As written: "10.0.0.1", "fd00::1". False when it is no address. */
bool address_parse(const char *text, struct address *out);
void address_format(const struct address *address, char out[ADDRESS_TEXT_SIZE]);

/* What kind of internal address it is, in words for people ("a private network"); NULL for a public
 * one. After the registries of RFC 6890; addresses for documentation count as public. Of IPv6 only
 * what is handed out as global unicast (2000::/3) is public. */
const char *address_internal_kind(const struct address *address);

/* "10.1.0.0/16", "fd00::/8" or one address. Returns NULL, or what is wrong with it, to stand after
 * the text in quotes. A block must lie within one kind of internal addresses. */
const char *address_block_fault(const char *text, struct address_block *out);
bool address_block_holds(const struct address_block *block, const struct address *address);

/* The blocks of a word, "loopback" or "private"; 0 for any other. */
size_t address_word_blocks(const char *word, const struct address_block **out);

/* Which internal addresses may be talked to. All zero: none. */
struct address_policy {
    const char **origins; /* url_origin: whatever addresses these have */
    size_t origin_count, origin_capacity;
    const struct address_block *blocks;
    size_t block_count;
    bool loopback; /* this machine itself, for a rehearsal */
};

/* Adds the origin of a URL that whoever runs the program wrote; what is no URL is left out. */
void address_policy_trust(struct address_policy *policy, struct arena *arena, const char *url);
bool address_policy_trusts(const struct address_policy *policy, const char *origin);
bool address_policy_allows(const struct address_policy *policy, const struct address *address);

/* For a URL whose host is an address, or a name of this machine: the kind of internal address that
 * it is when the policy does not let it be talked to; else NULL. A host with any other name is
 * judged when it is resolved. */
const char *address_policy_refusal(const struct address_policy *policy, const char *url);

#endif
