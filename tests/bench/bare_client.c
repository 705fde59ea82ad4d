/*
 * The least that can post with libcurl: a multi handle, a pool of easy handles, nothing recorded
 * and nothing checked but the status. What `crisis send` is measured against.
 *
 *     bare_client CA_FILE IN_FLIGHT CONNECTIONS_PER_HOST HTTP < requests
 *
 * HTTP is "1.1" or "2". A request is a line "URL<TAB>BODY". Prints "COUNT SECONDS".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

enum { LINE_MAX_BYTES = 1 << 20, REQUESTS_MAX = 2000000, CONNECTIONS_MAX = 16384 };

struct request {
    char *url, *body;
};

static struct request *requests;
static size_t request_count, next_request, done_count, failed_count;
static const char *ca_file;
static long http_version;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void read_requests(void)
{
    char *line = malloc(LINE_MAX_BYTES);
    requests = malloc(REQUESTS_MAX * sizeof(*requests));
    if (!line || !requests)
        exit(1);
    while (request_count < REQUESTS_MAX && fgets(line, LINE_MAX_BYTES, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        char *tab = strchr(line, '\t');
        if (!tab)
            exit(2);
        *tab = '\0';
        requests[request_count].url = strdup(line);
        requests[request_count].body = strdup(tab + 1);
        request_count++;
    }
    free(line);
}

static size_t discard(char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes;
    (void)context;
    return size * count;
}

static void start(CURLM *multi, CURL *easy)
{
    const struct request *request = &requests[next_request++];
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, http_version);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, http_version == CURL_HTTP_VERSION_2TLS ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 16384L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
    curl_multi_add_handle(multi, easy);
}

static void take_finished(CURLM *multi)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(multi, &left))) {
        CURL *easy = message->easy_handle;
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        done_count++;
        failed_count += message->data.result != CURLE_OK || status / 100 != 2;
        curl_multi_remove_handle(multi, easy);
        if (next_request < request_count)
            start(multi, easy);
        else
            curl_easy_cleanup(easy);
    }
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    ca_file = argv[1];
    long per_host = strtol(argv[3], NULL, 10);
    http_version = strcmp(argv[4], "2") == 0 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1;
    size_t in_flight = strtoul(argv[2], NULL, 10);
    read_requests();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM *multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, per_host);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_MAX);
    curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, 1000L);

    double began = now();
    for (size_t i = 0; i < in_flight && next_request < request_count; i++)
        start(multi, curl_easy_init());
    while (done_count < request_count) {
        int running;
        curl_multi_perform(multi, &running);
        take_finished(multi);
        if (done_count < request_count)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    printf("%zu %.6f\n", done_count, now() - began);
    curl_multi_cleanup(multi);
    return failed_count ? 5 : 0;
}
