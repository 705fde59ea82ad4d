/* What lies in the folder of the program itself: where it runs from the folder that it was built
 * in, its catalogues and modules are there. */
#ifndef CRISIS_BASE_BESIDE_H
#define CRISIS_BASE_BESIDE_H

#include <stdbool.h>

enum { BESIDE_PATH_SIZE = 4096 };

/* The path of `name` beside the program; false when there is nothing to read. */
bool beside_program(const char *name, char path[BESIDE_PATH_SIZE]);

#endif
