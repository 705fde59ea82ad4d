/* Which libraries speak for us. */
#ifndef CRISIS_NET_VERSIONS_H
#define CRISIS_NET_VERSIONS_H

struct text;

/* Appends "NAME/VERSION …": libcurl with what it uses (OpenSSL, nghttp2), and libuv. */
void net_versions(struct text *out);

#endif
