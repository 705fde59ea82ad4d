/* The preview as a page: groups the texts, has their cards drawn, and writes the file. */
#ifndef CRISIS_CMD_PREVIEW_PAGE_H
#define CRISIS_CMD_PREVIEW_PAGE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/problems.h"
#include "plan/render.h"

#include "cmd/context.h"

/* Whole or not at all; "-" is standard output. What is wrong with the texts stands on the page. */
int preview_page_write(const struct context *context, const struct render_request *request,
                       const struct rendering *rendering, const struct problems *problems,
                       const char *path, bool is_replaced, struct error *error);

#endif
