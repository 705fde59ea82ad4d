#include "channels/facebook_reply.h"

#include "base/language.h"

enum { MINUTE_S = 60 };

static const char change_picture[] =
    N_("use another picture (JPEG or PNG, at most 4 MB) and no film, approve it and send it again");

/* Pieces of a film: nothing is made of them yet. */
#define INTERRUPTED(subcode)                                                                       \
    {                                                                                              \
        GRAPH_CODE(GRAPH_ANY), subcode, NULL, OUTCOME_RETRY, FAILURE_SERVER, 0,                    \
            N_("Facebook wants a piece of the film again"), NULL, GRAPH_NO_REMEDY                  \
    }

static const struct graph_row rows[] = {
    /* Subcodes of publishing on a page, whatever the code. */
    {GRAPH_CODE(GRAPH_ANY), FACEBOOK_PICTURES_POSTED, NULL, OUTCOME_DUPLICATE, FAILURE_DUPLICATE, 0,
     N_("Facebook says that this was posted already"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 1366046, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("the picture is too large or of the wrong type"), change_picture, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 2069019, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("a file is not valid"), change_picture, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 1349125, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("the content has a format that Facebook does not take"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 1609008, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("Facebook refuses links to facebook.com"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 2061006, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("a link is not valid"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 1346003, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("Facebook takes the text for abuse"), GRAPH_CALM_DOWN, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 1404102, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("Facebook says that the text is against its community standards"), GRAPH_CALM_DOWN,
     GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 1404112, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     N_("Facebook limits this account for some days"), GRAPH_CALM_DOWN, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 1404006, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     N_("Facebook wants a security check"), GRAPH_LOG_IN, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 1404078, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     N_("Facebook wants the authorization to publish on this page renewed"), GRAPH_LOG_IN,
     GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 4854002, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     N_("Facebook wants an identity confirmed"), GRAPH_LOG_IN, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 1390008, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, MINUTE_S,
     N_("Facebook says that this page posts too fast"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 1363047, NULL, OUTCOME_UNCLEAR, FAILURE_SERVER, 0,
     N_("Facebook is not available"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 1609010, NULL, OUTCOME_UNCLEAR, FAILURE_SERVER, 0,
     N_("Facebook is not available"), NULL, GRAPH_NO_REMEDY},

    INTERRUPTED(1363019),
    INTERRUPTED(1363021),
    INTERRUPTED(1363030),
    INTERRUPTED(1363033),
    INTERRUPTED(1363037),
    INTERRUPTED(1363041),

    /* Codes. */
    {GRAPH_CODE(200), GRAPH_ANY, "New Pages experience", OUTCOME_FAILED, FAILURE_CREDENTIAL, 0,
     N_("the token is a person's, not the page's own"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(368), GRAPH_ANY, "already posted", OUTCOME_DUPLICATE, FAILURE_DUPLICATE, 0,
     N_("Facebook says that this was posted already"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(506), GRAPH_ANY, NULL, OUTCOME_DUPLICATE, FAILURE_DUPLICATE, 0,
     N_("Facebook says that this is the same as the post before"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(803), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     N_("there is no such page"), N_("check the setting 'page' of this account"), GRAPH_NO_REMEDY},
    {GRAPH_CODE(2500), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_PROTOCOL, 0,
     N_("the address is malformed"),
     N_("check the setting 'page' of this account and the endpoint in crisis.yaml"),
     GRAPH_NO_REMEDY},
    {6000, 6001, GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("the video could not be taken"), change_picture, GRAPH_NO_REMEDY},
    {GRAPH_CODE(1609005), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("Facebook could not open the link"), NULL, GRAPH_NO_REMEDY},
};

static const struct graph_errors errors = {rows, sizeof(rows) / sizeof(rows[0]), "pages"};

struct verdict facebook_verdict(const struct http_reply *reply, const struct json *root,
                                enum request_effect effect, char code[GRAPH_CODE_SIZE])
{
    return graph_verdict(&errors, reply, root, effect, code);
}

void facebook_pace(const struct http_reply *reply, struct pace_hint *out)
{
    graph_pace(&errors, reply, out);
}
