#include "base/beside.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool beside_program(const char *name, char path[BESIDE_PATH_SIZE])
{
    char program[BESIDE_PATH_SIZE];
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program));

    if (length <= 0 || (size_t)length >= sizeof(program))
        return false;
    program[length] = '\0';
    *strrchr(program, '/') = '\0';
    int wanted = snprintf(path, BESIDE_PATH_SIZE, "%s/%s", program, name);
    return wanted > 0 && wanted < BESIDE_PATH_SIZE && access(path, R_OK) == 0;
}
