#include "net/versions.h"

#include <curl/curl.h>
#include <uv.h>

#include "base/text.h"

void net_versions(struct text *out)
{
    text_addf(out, "%s libuv/%s", curl_version(), uv_version_string());
}
