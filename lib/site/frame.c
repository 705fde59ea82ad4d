/* What all pages have: the head, the style, and the links at the foot. */
#include "site/page.h"

#include <stdio.h>
#include <string.h>

#include "site/markup.h"
#include "site/words.h"

/* Contrast is 7:1 and more in both schemes; what is pressed is 24 CSS pixels high at least. */
static const char style[] =
    ":root{color-scheme:light dark;--ink:#16191d;--paper:#fff;--line:#5a6470;--soft:#eef1f4;"
    "--link:#0b4a8f;--warn:#7a1400;--drill:#5b2a86}"
    "@media(prefers-color-scheme:dark){:root{--ink:#f1f3f5;--paper:#14171a;--line:#9aa5b1;"
    "--soft:#22272d;--link:#9ccbff;--warn:#ffb4a2;--drill:#d9b8ff}}"
    "*{box-sizing:border-box}"
    "body{margin:0 auto;max-width:44rem;padding:1rem;background:var(--paper);color:var(--ink);"
    "font:1.125rem/1.55 system-ui,sans-serif;overflow-wrap:anywhere}"
    "a{color:var(--link)}a:focus-visible{outline:3px solid var(--link);outline-offset:2px}"
    "h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0}h2{font-size:1.3rem;line-height:1.25}"
    "h3{font-size:1.1rem;margin:.2rem 0}"
    "header,footer{font-size:1rem;padding:.5rem 0}footer{border-top:1px solid var(--line);"
    "margin-top:2rem}footer ul,.places{list-style:none;padding:0}"
    "footer li,.places li,header a{padding:.2rem 0}"
    ".kind{font-weight:700;color:var(--warn);margin:0}"
    ".language{margin:2rem 0 0}.language+h2{margin-top:0}"
    "li p{margin:.1rem 0 1rem}.note p{margin:0}"
    ".note{border:3px solid var(--warn);padding:.6rem 1rem}"
    ".drill{border:3px dashed var(--drill);color:var(--drill);padding:.6rem 1rem;font-weight:700}"
    ".text{border-inline-start:4px solid var(--line);padding-inline-start:1rem}"
    "dl{background:var(--soft);padding:.6rem 1rem;display:grid;"
    "grid-template-columns:minmax(6rem,auto) 1fr;gap:.2rem 1rem}"
    "dt{font-weight:700}dd{margin:0}"
    "img{max-width:100%;height:auto}"
    ".places{columns:12rem}"
    "@media(max-width:26rem){dl{grid-template-columns:1fr}}"
    "@media print{body{max-width:none;font-size:11pt}header,footer nav{display:none}"
    "a{color:inherit}a[href^=http]::after{content:\" (\" attr(href) \")\"}"
    "dl{border:1px solid}}";

static const struct {
    const char *name, *type, *title;
} feeds[] = {
    {"feed.atom", "application/atom+xml", "Atom"},
    {"feed.rss", "application/rss+xml", "RSS (CAP)"},
    {"feed.json", "application/feed+json", "JSON Feed"},
};

enum { FEED_COUNT = sizeof(feeds) / sizeof(feeds[0]) };

void page_root(const char *path, char *out, size_t size)
{
    size_t used = 0;

    for (const char *at = path; at && used + 4 <= size; at = strchr(at, '/')) {
        at += *at == '/';
        used += (size_t)snprintf(out + used, size - used, "../");
    }
    if (used == 0 && size > 0)
        out[0] = '\0';
}

static void add_head_links(struct text *out, const struct page_frame *frame)
{
    for (size_t i = 0; i < FEED_COUNT; i++)
        text_addf(out, "<link rel=\"alternate\" type=\"%s\" title=\"%s\" href=\"%s\">\n",
                  feeds[i].type, feeds[i].title, feeds[i].name);
    if (!frame->source)
        return;
    text_add(out, "<link rel=\"canonical\" href=\"");
    markup_url(out, frame->source, frame->source->slug, ".html");
    text_addf(out,
              "\">\n<link rel=\"alternate\" type=\"application/cap+xml\" title=\"CAP 1.2\" "
              "href=\"%s.xml\">\n",
              frame->source->slug);
}

void page_begin(struct text *out, const struct page_frame *frame)
{
    text_addf(out, "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n",
              frame->language);
    text_add(out, "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                  "<meta name=\"referrer\" content=\"no-referrer\">\n");
    markup_element(out, "title", frame->title);
    text_add_char(out, '\n');
    add_head_links(out, frame);
    text_addf(out, "<style>%s</style>\n</head>\n<body>\n<header>", style);
    text_addf(out, "<a href=\"%sindex.html\">", frame->root);
    markup_add(out, site_word(frame->language, WORD_ALL_MUNICIPALITIES));
    text_add(out, "</a>");
    if (frame->source) {
        text_add(out, " · <a href=\"index.html\">");
        markup_add(out, frame->source->municipality_name);
        text_add(out, "</a>");
    }
    text_add(out, "</header>\n<main>\n");
}

void page_end(struct text *out, const struct page_frame *frame)
{
    text_add(out, "</main>\n<footer>\n");
    if (!frame->source) { /* a message's page says more of it */
        text_addf(out, "<p><a href=\"%sverify.html\">", frame->root);
        markup_add(out, site_word(frame->language, WORD_VERIFY));
        text_add(out, "</a></p>\n");
    }
    text_add(out, "<nav aria-label=\"");
    markup_add(out, site_word(frame->language, WORD_SUBSCRIBE));
    text_add(out, "\">\n<ul>\n");
    if (frame->source)
        text_addf(
            out, "<li><a href=\"%s.xml\">CAP 1.2</a></li>\n<li><a href=\"%s.json\">JSON</a></li>\n",
            frame->source->slug, frame->source->slug);
    for (size_t i = 0; i < FEED_COUNT; i++)
        text_addf(out, "<li><a href=\"%s\">%s</a></li>\n", feeds[i].name, feeds[i].title);
    text_add(out, "</ul>\n</nav>\n</footer>\n</body>\n</html>\n");
}
