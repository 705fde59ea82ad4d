/* The words of languages that facts are written with. */
#include <string.h>
#include <strings.h>

#include "plan/facts_parts.h"
#include "plan/language.h"

static const struct {
    const char *language;
    char decimal_sign;
    enum name_family names;
} languages[] = {
    {"nb", ',', NAMES_SCANDINAVIAN}, {"nn", ',', NAMES_SCANDINAVIAN},
    {"no", ',', NAMES_SCANDINAVIAN}, {"sv", ',', NAMES_SCANDINAVIAN},
    {"da", ',', NAMES_SCANDINAVIAN}, {"en", '.', NAMES_ENGLISH},
    {"se", ',', NAMES_NOT_COMPARED}, {"fi", ',', NAMES_NOT_COMPARED},
    {"de", ',', NAMES_NOT_COMPARED},
};

/*
 * What a text may say instead of digits: in Norwegian, Swedish and Danish, in English, and in the
 * other languages above. A word that means something else in another of them costs a difference
 * that is not found, no more. A word that ends in '*' is the beginning of one.
 */
static const struct {
    const char *reading, *scandinavian, *english, *others;
} in_words[] = {
    {"0", "null nul noll ingen inga", "zero no", "nolla null"},
    {"1", "en én ein éin ei et ett eitt éi første första", "one a an single once first",
     "okta ovtta oktii vuosttaš yksi yhden ensimmäinen ein* eins erste*"},
    {"2", "to två tvo andre andra anden andet begge båda", "two second twice both",
     "guokte guovtti nubbi kaksi kahden toinen zwei zweite* beide*"},
    {"3", "tre tredje", "three third", "golbma golmma goalmmát kolme kolmen drei dritte*"},
    {"4", "fire fyra fjerde fjärde", "four fourth",
     "njeallje njealji njealját neljä neljän vier vierte*"},
    {"5", "fem femte", "five fifth", "vihtta viđa viđat viisi viiden fünf fünfte*"},
    {"6", "seks sex sjette sjätte", "six sixth", "guhtta guđa guđat kuusi kuuden sechs sechste*"},
    {"7", "sju syv sjuende sjuande syvende sjunde uke* uka veke* vecka*", "seven seventh week*",
     "čieža čihččet seitsemän sieben siebte* vahk* viikko* viikon woche*"},
    {"8", "åtte otte åtta åttende åttande ottende åttonde", "eight eighth",
     "gávcci gávccát kahdeksan acht achte*"},
    {"9", "ni nio niende niande nionde", "nine ninth", "ovcci ovccát yhdeksän neun neunte*"},
    {"10", "ti tio tiende tiande tionde", "ten tenth", "logi logát kymmenen zehn zehnte*"},
    {"11", "elleve elva ellevte", "eleven", "oktanuppelohkái yksitoista elf"},
    {"12", "tolv tolvte dusin", "twelve dozen", "guoktenuppelohkái kaksitoista zwölf"},
    {"14", "fjorten fjorton uker veker veckor", "fourteen fortnight weeks", "vierzehn wochen"},
    {"15", "femten femton kvart*", "fifteen quarter*", "viertel* fünfzehn"},
    {"20", "tjue tyve tjugo", "twenty", "zwanzig"},
    {"24", "døgn* dygn* dag*", "day* daily", "jándor* beaiv* vuorokau* päiv* tag*"},
    {"30", "halv* tretti* trettio", "half thirty", "hal* bealle* puoli* dreißig"},
    {"45", "kvart* trekvart*", "quarters", "viertel*"},
    {"48", "døgn* dygn* dag*", "days", "jándor* beaiv* vuorokau* päiv* tage*"},
    {"72", "døgn* dygn* dag*", "days", "jándor* beaiv* vuorokau* päiv* tage*"},
    {"100", "hundre* hundra*", "hundred*", "čuođi sata hundert*"},
    {"1000", "tusen* tusind*", "thousand*", "duhát tuhat* tausend*"},
    {"12:00", "midt middag*", "noon midday", "gaskabeaiv* keskipäiv* mittag*"},
    {"00:00", "midnatt* midnat", "midnight", "gaskaij* keskiyö* mitternacht*"},
};

static const char clock_words[] =
    "kl klokka klokken klokkan klockan kello klo kella dii diibmu um at by before after from until "
    "til";

static size_t word_length(const char *at)
{
    size_t length = 0;

    while (fact_is_letter(at[length]))
        length++;
    return length;
}

/* Whether a list, separated by spaces, has the word. */
static bool has_word(const char *list, const char *word, size_t length)
{
    for (const char *at = list; *at;) {
        size_t listed = strcspn(at, " ");
        bool is_beginning = listed > 1 && at[listed - 1] == '*';
        size_t compared = is_beginning ? listed - 1 : listed;
        if ((is_beginning ? length >= compared : length == compared) &&
            strncasecmp(at, word, compared) == 0)
            return true;
        at += listed + strspn(at + listed, " ");
    }
    return false;
}

char fact_decimal_sign(const char *language)
{
    for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++)
        if (language_is(language, languages[i].language))
            return languages[i].decimal_sign;
    return '\0';
}

enum name_family facts_name_family(const char *language)
{
    for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++)
        if (language_is(language, languages[i].language))
            return languages[i].names;
    return NAMES_NOT_COMPARED;
}

bool fact_is_clock_word(const char *word, size_t length)
{
    return has_word(clock_words, word, length);
}

bool fact_is_in_words(const char *text, const char *language, const char *reading)
{
    enum name_family family = facts_name_family(language);

    for (size_t i = 0; i < sizeof(in_words) / sizeof(in_words[0]); i++) {
        const char *words = family == NAMES_SCANDINAVIAN ? in_words[i].scandinavian
                            : family == NAMES_ENGLISH    ? in_words[i].english
                                                         : in_words[i].others;
        if (strcmp(in_words[i].reading, reading) != 0)
            continue;
        for (const char *at = text; *at;) {
            size_t length = word_length(at);
            if (length > 0 && has_word(words, at, length))
                return true;
            at += length > 0 ? length : 1;
        }
    }
    return false;
}
