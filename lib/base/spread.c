#include "base/spread.h"

#include <math.h>

/* Of a normal distribution: 95 of 100 are below this many standard deviations. */
#define MOST_DEVIATIONS 1.6448536269514722
#define SQRT_HALF 0.70710678118654752

enum { HALVINGS = 48 };
static const double share_least = 0.0001;

/* How many standard deviations from the middle that share ends at: halved until it is exact. */
static double deviations_at(double share)
{
    double low = -5, high = 5;

    for (int i = 0; i < HALVINGS; i++) {
        double middle = (low + high) / 2;
        if (0.5 * erfc(-middle * SQRT_HALF) < share)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

int64_t spread_at(const struct spread *spread, double share)
{
    if (spread->half_ms <= 0 || spread->most_ms <= spread->half_ms)
        return spread->half_ms;
    if (share < share_least)
        share = share_least;
    if (share > 1 - share_least)
        share = 1 - share_least;
    double ratio = (double)spread->most_ms / (double)spread->half_ms;
    double times = pow(ratio, deviations_at(share) / MOST_DEVIATIONS);
    return (int64_t)llround((double)spread->half_ms * times);
}
