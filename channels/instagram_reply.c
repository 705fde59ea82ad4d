#include "channels/instagram_reply.h"

#include "base/language.h"

enum { DAY_S = 24 * 60 * 60 };

static const char look_at_site[] =
    N_("look whether the coordinator's public site can be reached by anybody");

static const char change_picture[] =
    N_("use another picture (JPEG, at most 8 MiB, between 4:5 and 1.91:1), approve it and send it "
       "again");

static const struct graph_row rows[] = {
    {GRAPH_CODE(GRAPH_ANY), 2207001, NULL, OUTCOME_UNCLEAR, FAILURE_SERVER, 0,
     N_("Instagram had an error of its own"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 2207032, NULL, OUTCOME_RETRY, FAILURE_SERVER, 0,
     N_("Instagram could not make the post"), NULL, GRAPH_NEW_CONTAINER},
    {GRAPH_CODE(GRAPH_ANY), 2207053, NULL, OUTCOME_RETRY, FAILURE_SERVER, 0,
     N_("Instagram does not know why the upload failed"), NULL, GRAPH_NEW_CONTAINER},
    {GRAPH_CODE(GRAPH_ANY), 2207003, NULL, OUTCOME_RETRY, FAILURE_NETWORK, 0,
     N_("Instagram took too long to fetch the picture"), look_at_site, GRAPH_NEW_CONTAINER},
    {GRAPH_CODE(GRAPH_ANY), 2207020, NULL, OUTCOME_RETRY, FAILURE_SERVER, 0,
     N_("what was uploaded has expired"), NULL, GRAPH_NEW_CONTAINER},
    {GRAPH_CODE(GRAPH_ANY), 2207057, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("the thumbnail is not in the video"), change_picture, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 2207042, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, DAY_S,
     N_("the account has used up its posts of the day"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 2207006, NULL, OUTCOME_RETRY, FAILURE_SERVER, 0,
     N_("Instagram does not find the container"), NULL, GRAPH_NEW_CONTAINER},
    {GRAPH_CODE(GRAPH_ANY), 2207008, NULL, OUTCOME_RETRY, FAILURE_SERVER, 0,
     N_("Instagram does not find the container, or it has expired"), NULL, GRAPH_SAME_CONTAINER},
    {GRAPH_CODE(GRAPH_ANY), 2207050, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     N_("the account is restricted or not active"), GRAPH_LOG_IN, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 2207023, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("Instagram does not know this type of medium"), change_picture, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 2207028, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("a carousel has two to ten pictures"), change_picture, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 2207035, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("a product tag has no place in the picture"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 2207036, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("a product tag needs a place in the picture"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 2207037, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("a product tag is not valid"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 2207040, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("the caption names more than 20 accounts with @"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 2207026, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("Instagram does not take this format of video"), change_picture, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 2207052, NULL, OUTCOME_RETRY, FAILURE_CONTENT, 0,
     N_("Instagram could not fetch the picture"), look_at_site, GRAPH_NEW_CONTAINER},
    {GRAPH_CODE(GRAPH_ANY), 2207027, NULL, OUTCOME_RETRY, FAILURE_SERVER, 0,
     N_("the post is not ready yet"), NULL, GRAPH_SAME_CONTAINER},
    {GRAPH_CODE(GRAPH_ANY), 2207004, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("the picture is larger than 8 MiB"), change_picture, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 2207005, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("Instagram does not take this format of picture"), change_picture, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 2207009, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("the picture is too wide or too tall"), change_picture, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 2207010, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("the caption is too long"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 2207077, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("Instagram does not take this video"), change_picture, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 2207081, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("the account cannot post this as a trial"), change_picture, GRAPH_NO_REMEDY},
    {GRAPH_CODE(GRAPH_ANY), 2207082, NULL, OUTCOME_RETRY, FAILURE_SERVER, 0,
     N_("the upload failed"), NULL, GRAPH_NEW_CONTAINER},

    /* The same without a subcode. */
    {GRAPH_CODE(9), GRAPH_ANY, NULL, OUTCOME_RETRY, FAILURE_RATE_LIMIT, DAY_S,
     N_("the account has used up its posts of the day"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(24), GRAPH_ANY, NULL, OUTCOME_RETRY, FAILURE_SERVER, 0,
     N_("Instagram does not find what it was asked for"), NULL, GRAPH_NEW_CONTAINER},
    {GRAPH_CODE(25), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_PERMISSION, 0,
     N_("the account is restricted or not active"), GRAPH_LOG_IN, GRAPH_NO_REMEDY},
    {GRAPH_CODE(352), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("Instagram does not take this format of video"), change_picture, GRAPH_NO_REMEDY},
    {GRAPH_CODE(9004), GRAPH_ANY, NULL, OUTCOME_RETRY, FAILURE_CONTENT, 0,
     N_("Instagram could not fetch the picture"), look_at_site, GRAPH_NEW_CONTAINER},
    {GRAPH_CODE(9007), GRAPH_ANY, NULL, OUTCOME_RETRY, FAILURE_SERVER, 0,
     N_("the post is not ready yet"), NULL, GRAPH_SAME_CONTAINER},
    {GRAPH_CODE(36000), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("the picture is larger than 8 MiB"), change_picture, GRAPH_NO_REMEDY},
    {GRAPH_CODE(36001), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("Instagram does not take this format of picture"), change_picture, GRAPH_NO_REMEDY},
    {GRAPH_CODE(36003), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("the picture is too wide or too tall"), change_picture, GRAPH_NO_REMEDY},
    {GRAPH_CODE(36004), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("the caption is too long"), NULL, GRAPH_NO_REMEDY},
    {GRAPH_CODE(2207077), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("Instagram does not take this video"), change_picture, GRAPH_NO_REMEDY},
    {GRAPH_CODE(2207081), GRAPH_ANY, NULL, OUTCOME_FAILED, FAILURE_CONTENT, 0,
     N_("the account cannot post this as a trial"), change_picture, GRAPH_NO_REMEDY},
    {GRAPH_CODE(2207082), GRAPH_ANY, NULL, OUTCOME_RETRY, FAILURE_SERVER, 0,
     N_("the upload failed"), NULL, GRAPH_NEW_CONTAINER},
};

const struct graph_errors instagram_errors = {rows, sizeof(rows) / sizeof(rows[0]), "instagram"};

void instagram_pace(const struct http_reply *reply, struct pace_hint *out)
{
    graph_pace(&instagram_errors, reply, out);
}
