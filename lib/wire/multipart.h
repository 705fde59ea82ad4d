/* Bodies of multipart/form-data (RFC 7578): some fields, then one file. */
#ifndef CRISIS_WIRE_MULTIPART_H
#define CRISIS_WIRE_MULTIPART_H

#include "wire/http_message.h"

enum { MULTIPART_BOUNDARY_SIZE = 48 };

/* What stands between the parts. From random bytes, so that no content holds it. */
void multipart_boundary(const unsigned char nonce[16], char out[MULTIPART_BOUNDARY_SIZE]);

/* The header Content-Type of a request whose body this will be. */
void multipart_begin(struct http_request *request, const char *boundary);
void multipart_field(struct http_request *request, const char *boundary, const char *name,
                     const char *value);
/* The last part. The bytes are not copied (http_message.h). Names that could end their quotes make
 * the request unfit to be sent (http_request_is_whole). */
void multipart_file(struct http_request *request, const char *boundary, const char *name,
                    const char *file_name, const char *type, const void *bytes, size_t size_bytes);

#endif
