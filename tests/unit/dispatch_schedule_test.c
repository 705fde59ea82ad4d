#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dispatch/schedule.h"

#include "property.h"

enum { HOSTS = 7, DELIVERIES = 60 };

/* --- by example ----------------------------------------------------------------------------- */

struct fixture {
    struct schedule schedule;
    struct host *hosts[HOSTS];
    struct addressee addressees[HOSTS];
    struct delivery deliveries[DELIVERIES];
};

static void init(struct fixture *fixture, size_t capacity)
{
    *fixture = (struct fixture){0};
    schedule_init(&fixture->schedule);
    for (size_t i = 0; i < HOSTS; i++) {
        char origin[] = "https://h0.example:443";
        origin[9] = (char)('0' + i);
        fixture->hosts[i] = schedule_host(&fixture->schedule, origin);
        fixture->hosts[i]->pace.capacity = capacity;
        fixture->addressees[i].host = fixture->hosts[i];
    }
    for (size_t i = 0; i < DELIVERIES; i++)
        fixture->deliveries[i].part_count = 1;
}

static struct delivery *delivery_of(struct fixture *fixture, size_t index, size_t host,
                                    unsigned parts)
{
    struct delivery *delivery = &fixture->deliveries[index];
    delivery->addressee = &fixture->addressees[host];
    delivery->part_count = (uint8_t)parts;
    return delivery;
}

static void ready(struct fixture *fixture, size_t index, size_t host, unsigned parts)
{
    schedule_ready(&fixture->schedule, delivery_of(fixture, index, host, parts));
}

/* Takes the next and begins it. -1: none. */
static int next(struct fixture *fixture, int64_t now_ms)
{
    struct delivery *delivery = schedule_next(&fixture->schedule, now_ms);
    if (!delivery)
        return -1;
    delivery->addressee->host->pace.in_flight++;
    return (int)(delivery - fixture->deliveries);
}

static void hosts_are_made_once(void **state)
{
    (void)state;
    struct fixture fixture;

    init(&fixture, 1);
    assert_int_equal(fixture.schedule.host_count, HOSTS);
    assert_ptr_equal(schedule_host(&fixture.schedule, "https://h3.example:443"), fixture.hosts[3]);
    assert_ptr_equal(schedule_find_host(&fixture.schedule, "https://h3.example:443"),
                     fixture.hosts[3]);
    assert_null(schedule_find_host(&fixture.schedule, "https://h3.example:8443"));
    assert_int_equal(fixture.schedule.host_count, HOSTS);
    schedule_release(&fixture.schedule);
}

static void an_empty_schedule_has_nothing(void **state)
{
    (void)state;
    struct fixture fixture;

    init(&fixture, 1);
    assert_int_equal(next(&fixture, 0), -1);
    assert_int_equal(schedule_next_time_ms(&fixture.schedule), -1);
    assert_null(schedule_take_any(&fixture.schedule));
    schedule_release(&fixture.schedule);
}

static void hosts_take_turns(void **state)
{
    (void)state;
    static const int expected[] = {0, 4, 5, 1, 6, 2, 3, -1};
    struct fixture fixture;

    init(&fixture, 10);
    for (size_t i = 0; i < 4; i++)
        ready(&fixture, i, 0, 1);
    ready(&fixture, 4, 1, 1);
    ready(&fixture, 5, 2, 1);
    ready(&fixture, 6, 2, 1);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        assert_int_equal(next(&fixture, 0), expected[i]);
    schedule_release(&fixture.schedule);
}

static void single_posts_come_before_threads(void **state)
{
    (void)state;
    static const int expected[] = {1, 3, 0, 2, -1};
    struct fixture fixture;

    init(&fixture, 10);
    for (size_t i = 0; i < 4; i++)
        ready(&fixture, i, 0, i % 2 ? 1 : 2);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        assert_int_equal(next(&fixture, 0), expected[i]);
    schedule_release(&fixture.schedule);
}

static void a_full_host_does_not_hold_up_another(void **state)
{
    (void)state;
    struct fixture fixture;

    init(&fixture, 1);
    ready(&fixture, 0, 0, 1);
    ready(&fixture, 1, 0, 1);
    ready(&fixture, 2, 1, 1);
    ready(&fixture, 3, 1, 1);
    assert_int_equal(next(&fixture, 0), 0);
    assert_int_equal(next(&fixture, 0), 2);
    assert_int_equal(next(&fixture, 0), -1);
    fixture.hosts[1]->pace.in_flight--;
    assert_int_equal(next(&fixture, 0), 3);
    assert_int_equal(next(&fixture, 0), -1);
    fixture.hosts[0]->pace.in_flight--;
    assert_int_equal(next(&fixture, 0), 1);
    assert_int_equal(next(&fixture, 0), -1);
    schedule_release(&fixture.schedule);
}

static void waiting_ones_come_when_their_time_has_come(void **state)
{
    (void)state;
    struct fixture fixture;

    init(&fixture, 10);
    schedule_wait(&fixture.schedule, delivery_of(&fixture, 0, 0, 1), 300);
    schedule_wait(&fixture.schedule, delivery_of(&fixture, 1, 1, 1), 100);
    schedule_wait(&fixture.schedule, delivery_of(&fixture, 2, 0, 1), 200);
    assert_int_equal(schedule_next_time_ms(&fixture.schedule), 100);
    assert_int_equal(next(&fixture, 99), -1);
    assert_int_equal(next(&fixture, 100), 1);
    assert_int_equal(schedule_next_time_ms(&fixture.schedule), 200);
    assert_int_equal(next(&fixture, 1000), 2); /* both are due: the earlier one first */
    assert_int_equal(next(&fixture, 1000), 0);
    assert_int_equal(schedule_next_time_ms(&fixture.schedule), -1);
    schedule_release(&fixture.schedule);
}

static void a_host_that_is_down_is_visited_at_its_probe_time(void **state)
{
    (void)state;
    struct fixture fixture;

    init(&fixture, 10);
    fixture.hosts[0]->pace.down = true;
    fixture.hosts[0]->pace.probe_at_ms = 900;
    schedule_host_down(&fixture.schedule, fixture.hosts[0]);
    fixture.hosts[0]->pace.probe_at_ms = 500;
    schedule_host_down(&fixture.schedule, fixture.hosts[0]); /* moves it */
    ready(&fixture, 0, 0, 1);
    ready(&fixture, 1, 0, 1);
    schedule_wait(&fixture.schedule, delivery_of(&fixture, 2, 1, 1), 700);
    assert_int_equal(schedule_next_time_ms(&fixture.schedule), 500);
    assert_int_equal(next(&fixture, 499), -1);
    assert_int_equal(next(&fixture, 500), 0);
    assert_int_equal(next(&fixture, 500), -1); /* one probe at a time */
    assert_int_equal(schedule_next_time_ms(&fixture.schedule), 700);
    schedule_release(&fixture.schedule);
}

static void all_can_be_taken_out(void **state)
{
    (void)state;
    struct fixture fixture;
    size_t taken = 0;

    init(&fixture, 1);
    for (size_t i = 0; i < 20; i++) {
        if (i % 4 == 3)
            schedule_wait(&fixture.schedule, delivery_of(&fixture, i, i % HOSTS, 1), (int64_t)i);
        else
            ready(&fixture, i, i % HOSTS, 1 + i % 2);
    }
    for (struct delivery *one; (one = schedule_take_any(&fixture.schedule)); taken++) {
        assert_non_null(one->addressee);
        one->addressee = NULL; /* none comes twice */
    }
    assert_int_equal(taken, 20);
    assert_int_equal(schedule_next_time_ms(&fixture.schedule), -1);
    schedule_release(&fixture.schedule);
}

static void count_host(void *context, struct host *host)
{
    size_t *count = context;
    assert_non_null(host->origin);
    (*count)++;
}

/* --- what is queued as an index --- */

/* A delivery of the fixture, whose addressee is at host 0. */
static struct delivery *take_up(void *context, size_t index)
{
    return delivery_of(context, index, 0, index % 2 ? 2 : 1);
}

static void queued_ones_are_taken_up_in_order_and_before_those_that_were_begun(void **state)
{
    (void)state;
    static const int expected[] = {0, 2, 4, 10, 1, 3, 5, 11, -1};
    struct fixture fixture;

    init(&fixture, DELIVERIES);
    schedule_reserve(&fixture.schedule, DELIVERIES, take_up, &fixture);
    ready(&fixture, 10, 0, 1);
    ready(&fixture, 11, 0, 2);
    for (size_t i = 0; i < 6; i++)
        schedule_queue(&fixture.schedule, fixture.hosts[0], i, i % 2 == 1);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        assert_int_equal(next(&fixture, 0), expected[i]);
    schedule_queue(&fixture.schedule, fixture.hosts[0], 8, false); /* an emptied list begins anew */
    assert_int_equal(next(&fixture, 0), 8);
    assert_int_equal(next(&fixture, 0), -1);
    schedule_release(&fixture.schedule);
}

static void queues_of_hosts_take_turns(void **state)
{
    (void)state;
    static const int expected[] = {0, 20, 2, 4, -1};
    struct fixture fixture;

    init(&fixture, DELIVERIES);
    schedule_reserve(&fixture.schedule, DELIVERIES, take_up, &fixture);
    for (size_t i = 0; i < 6; i += 2)
        schedule_queue(&fixture.schedule, fixture.hosts[0], i, false);
    ready(&fixture, 20, 1, 1);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        assert_int_equal(next(&fixture, 0), expected[i]);
    schedule_release(&fixture.schedule);
}

static struct delivery *take_up_nothing(void *context, size_t index)
{
    (void)context;
    (void)index;
    return NULL;
}

static void what_cannot_be_taken_up_is_not_given_out(void **state)
{
    (void)state;
    struct fixture fixture;

    init(&fixture, 1);
    schedule_reserve(&fixture.schedule, 1, take_up_nothing, NULL);
    schedule_queue(&fixture.schedule, fixture.hosts[0], 0, false);
    assert_int_equal(next(&fixture, 0), -1);
    assert_int_equal(next(&fixture, 0), -1);
    schedule_release(&fixture.schedule);
}

static void each_host_is_seen_once(void **state)
{
    (void)state;
    struct fixture fixture;
    size_t count = 0;

    init(&fixture, 1);
    schedule_each_host(&fixture.schedule, count_host, &count);
    assert_int_equal(count, HOSTS);
    schedule_release(&fixture.schedule);
}

/* --- by property ---------------------------------------------------------------------------- */

enum place { OUTSIDE, READY, WAITING, UNDER_WAY };

/* What the schedule should hold, kept the plain way. */
struct model {
    struct fixture fixture;
    uint64_t seed;
    int64_t now_ms;
    struct {
        enum place place;
        size_t host;
        int64_t until_ms;  /* WAITING */
        uint64_t position; /* READY, WAITING: order of coming */
    } deliveries[DELIVERIES];
    uint64_t next_position;
    bool down_is_known[HOSTS]; /* its probe time is in the heap */
    /* served[a][b]: how often a was served while b could have been. */
    unsigned served[HOSTS][HOSTS];
    size_t takes;
};

static bool is_thread(const struct model *model, size_t i)
{
    return model->fixture.deliveries[i].part_count > 1;
}

/* Of those that are ready at a host: a single one before a thread, then who came first. */
static int first_ready(const struct model *model, size_t host)
{
    int first = -1;
    for (size_t i = 0; i < DELIVERIES; i++) {
        if (model->deliveries[i].place != READY || model->deliveries[i].host != host)
            continue;
        bool is_earlier = first < 0 || (is_thread(model, (size_t)first) && !is_thread(model, i)) ||
                          (is_thread(model, (size_t)first) == is_thread(model, i) &&
                           model->deliveries[i].position < model->deliveries[first].position);
        if (is_earlier)
            first = (int)i;
    }
    return first;
}

static bool can_be_served(const struct model *model, size_t host)
{
    return first_ready(model, host) >= 0 &&
           pace_may_start(&model->fixture.hosts[host]->pace, model->now_ms);
}

/* A host that could not be served has no claim from before. */
static void forget_claims(struct model *model)
{
    for (size_t b = 0; b < HOSTS; b++)
        if (!can_be_served(model, b))
            for (size_t a = 0; a < HOSTS; a++)
                model->served[a][b] = 0;
}

static void note_served(struct model *model, size_t host)
{
    for (size_t b = 0; b < HOSTS; b++) {
        if (b == host || !can_be_served(model, b))
            continue;
        if (++model->served[host][b] > 1)
            fail_msg("host %zu was served twice while host %zu waited", host, b);
    }
    for (size_t a = 0; a < HOSTS; a++)
        model->served[a][host] = 0;
}

/* The waiting one that is due first, or -1. */
static int first_due(const struct model *model)
{
    int first = -1;
    for (size_t i = 0; i < DELIVERIES; i++) {
        if (model->deliveries[i].place != WAITING || model->deliveries[i].until_ms > model->now_ms)
            continue;
        if (first < 0 || model->deliveries[i].until_ms < model->deliveries[first].until_ms ||
            (model->deliveries[i].until_ms == model->deliveries[first].until_ms &&
             model->deliveries[i].position < model->deliveries[first].position))
            first = (int)i;
    }
    return first;
}

static void wake(struct model *model)
{
    for (int i; (i = first_due(model)) >= 0;) {
        model->deliveries[i].place = READY;
        model->deliveries[i].position = model->next_position++;
    }
    for (size_t host = 0; host < HOSTS; host++)
        if (model->fixture.hosts[host]->pace.probe_at_ms <= model->now_ms)
            model->down_is_known[host] = false;
}

static void step_take(struct model *model)
{
    wake(model);
    forget_claims(model);
    struct delivery *taken = schedule_next(&model->fixture.schedule, model->now_ms);
    if (!taken) {
        for (size_t host = 0; host < HOSTS; host++)
            assert_false(can_be_served(model, host));
        return;
    }
    size_t i = (size_t)(taken - model->fixture.deliveries);
    size_t host = model->deliveries[i].host;
    assert_int_equal(model->deliveries[i].place, READY); /* not lost, not taken twice */
    assert_true(can_be_served(model, host));
    assert_int_equal((int)i, first_ready(model, host));
    note_served(model, host);
    model->deliveries[i].place = UNDER_WAY;
    taken->addressee->host->pace.in_flight++;
    model->takes++;
}

static void step_add(struct model *model, bool wait)
{
    size_t i = property_below(&model->seed, DELIVERIES);
    if (model->deliveries[i].place != OUTSIDE)
        return;
    /* The first hosts have most of the work. */
    size_t host = property_below(&model->seed, 1 + property_below(&model->seed, HOSTS));
    struct delivery *delivery =
        delivery_of(&model->fixture, i, host, 1 + (unsigned)property_below(&model->seed, 2));
    model->deliveries[i].host = host;
    model->deliveries[i].position = model->next_position++;
    if (wait) {
        model->deliveries[i].place = WAITING;
        model->deliveries[i].until_ms = model->now_ms + (int64_t)property_below(&model->seed, 500);
        schedule_wait(&model->fixture.schedule, delivery, model->deliveries[i].until_ms);
    } else {
        model->deliveries[i].place = READY;
        schedule_ready(&model->fixture.schedule, delivery);
    }
}

static void step_end(struct model *model)
{
    size_t i = property_below(&model->seed, DELIVERIES);
    if (model->deliveries[i].place != UNDER_WAY)
        return;
    size_t number = model->deliveries[i].host;
    struct host *host = model->fixture.hosts[number];
    model->deliveries[i].place = OUTSIDE;
    (void)pace_ended(&host->pace, property_below(&model->seed, 3) == 0, model->now_ms,
                     (uint32_t)property_next(&model->seed));
    if (host->pace.down) {
        schedule_host_down(&model->fixture.schedule, host);
        model->down_is_known[number] = true;
    }
}

static void check_next_time(const struct model *model)
{
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < DELIVERIES; i++)
        if (model->deliveries[i].place == WAITING && model->deliveries[i].until_ms < first)
            first = model->deliveries[i].until_ms;
    for (size_t host = 0; host < HOSTS; host++)
        if (model->down_is_known[host] && model->fixture.hosts[host]->pace.probe_at_ms < first)
            first = model->fixture.hosts[host]->pace.probe_at_ms;
    assert_int_equal(schedule_next_time_ms(&model->fixture.schedule),
                     first == INT64_MAX ? -1 : first);
}

/* Takes out what is left, and compares. */
static void empty(struct model *model)
{
    for (struct delivery *one; (one = schedule_take_any(&model->fixture.schedule));) {
        size_t i = (size_t)(one - model->fixture.deliveries);
        assert_true(model->deliveries[i].place == READY || model->deliveries[i].place == WAITING);
        model->deliveries[i].place = OUTSIDE;
    }
    for (size_t i = 0; i < DELIVERIES; i++)
        assert_true(model->deliveries[i].place == OUTSIDE ||
                    model->deliveries[i].place == UNDER_WAY);
}

static void nothing_is_lost_doubled_or_starved(void **state)
{
    (void)state;
    size_t takes = 0;

    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct model model = {.seed = seed};
        init(&model.fixture, 1 + seed % 5);
        for (int i = 0; i < 1500; i++) {
            uint64_t choice = property_below(&model.seed, 20);
            if (choice < 8)
                step_take(&model);
            else if (choice < 14)
                step_add(&model, choice < 10);
            else if (choice < 18)
                step_end(&model);
            else
                model.now_ms += (int64_t)property_below(&model.seed, 200);
            forget_claims(&model);
            check_next_time(&model);
        }
        takes += model.takes;
        empty(&model);
        schedule_release(&model.fixture.schedule);
    }
    assert_true(takes > 2000); /* enough happened to mean something */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_are_made_once),
        cmocka_unit_test(an_empty_schedule_has_nothing),
        cmocka_unit_test(hosts_take_turns),
        cmocka_unit_test(single_posts_come_before_threads),
        cmocka_unit_test(a_full_host_does_not_hold_up_another),
        cmocka_unit_test(waiting_ones_come_when_their_time_has_come),
        cmocka_unit_test(a_host_that_is_down_is_visited_at_its_probe_time),
        cmocka_unit_test(all_can_be_taken_out),
        cmocka_unit_test(queued_ones_are_taken_up_in_order_and_before_those_that_were_begun),
        cmocka_unit_test(queues_of_hosts_take_turns),
        cmocka_unit_test(what_cannot_be_taken_up_is_not_given_out),
        cmocka_unit_test(each_host_is_seen_once),
        cmocka_unit_test(nothing_is_lost_doubled_or_starved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
