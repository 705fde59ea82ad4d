#include "base/secret.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"

/*
 * Blocks come in powers of two from 64 bytes to REGION_BYTES / 4, cut from regions that are mapped,
 * locked and marked MADV_DONTDUMP once. A larger block has a region of its own. A block begins with
 * its size class, so that freeing knows how much to wipe and where the block belongs.
 */
enum { REGION_BYTES = 1 << 20, CLASS_FIRST_BITS = 6, CLASS_COUNT = 13, CLASS_OWN_REGION = 255 };

struct header {
    size_t size; /* of the whole block, with this header */
    unsigned class_index;
    _Alignas(max_align_t) unsigned char bytes[];
};

struct free_block {
    struct free_block *next;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct free_block *free_blocks[CLASS_COUNT];
static unsigned char *region;
static size_t region_left;
static bool all_locked = true;

int secret_protect_process(struct error *error)
{
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return error_set(error, ERROR_SYSTEM, _("cannot turn core dumps off: %s"),
                         error_errno(errno));
    /* As much lockable memory as the system lets this user have. */
    struct rlimit lockable;
    if (getrlimit(RLIMIT_MEMLOCK, &lockable) == 0 && lockable.rlim_cur < lockable.rlim_max) {
        lockable.rlim_cur = lockable.rlim_max;
        if (setrlimit(RLIMIT_MEMLOCK, &lockable) < 0)
            return error_set(error, ERROR_SYSTEM, _("cannot raise the limit of locked memory: %s"),
                             error_errno(errno));
    }
    return 0;
}

static void *map_region(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || madvise(memory, size, MADV_DONTDUMP) < 0)
        memory_exhausted();
    if (mlock(memory, size) < 0)
        all_locked = false;
    return memory;
}

static struct header *take_block(unsigned class_index)
{
    size_t size = (size_t)1 << (CLASS_FIRST_BITS + class_index);
    if (free_blocks[class_index]) {
        struct free_block *block = free_blocks[class_index];
        free_blocks[class_index] = block->next;
        memset(block, 0, sizeof(*block));
        return (void *)block;
    }
    if (region_left < size) {
        region = map_region(REGION_BYTES); /* what was left of the old one is given up */
        region_left = REGION_BYTES;
    }
    void *block = region;
    region += size;
    region_left -= size;
    return block;
}

void *secret_alloc(size_t size)
{
    if (size > SIZE_MAX / 2)
        memory_exhausted();
    size_t needed = size + sizeof(struct header);
    unsigned class_index = 0;
    while (class_index < CLASS_COUNT && ((size_t)1 << (CLASS_FIRST_BITS + class_index)) < needed)
        class_index++;

    struct header *header;
    pthread_mutex_lock(&mutex);
    if (class_index < CLASS_COUNT) {
        header = take_block(class_index);
        header->size = (size_t)1 << (CLASS_FIRST_BITS + class_index);
        header->class_index = class_index;
    } else {
        header = map_region(needed);
        header->size = needed;
        header->class_index = CLASS_OWN_REGION;
    }
    pthread_mutex_unlock(&mutex);
    return header->bytes;
}

void secret_free(void *block)
{
    if (!block)
        return;
    struct header *header =
        (struct header *)(void *)((unsigned char *)block - offsetof(struct header, bytes));
    size_t size = header->size;
    unsigned class_index = header->class_index;
    secret_wipe(header, size);
    if (class_index == CLASS_OWN_REGION) {
        munmap(header, size);
        return;
    }
    pthread_mutex_lock(&mutex);
    struct free_block *free_block = (void *)header;
    free_block->next = free_blocks[class_index];
    free_blocks[class_index] = free_block;
    pthread_mutex_unlock(&mutex);
}

void secret_wipe(void *block, size_t size)
{
    explicit_bzero(block, size);
}

bool secret_is_locked(void)
{
    pthread_mutex_lock(&mutex);
    bool locked = all_locked;
    pthread_mutex_unlock(&mutex);
    return locked;
}

struct secret {
    size_t size;
    char bytes[];
};

struct secret *secret_new(const void *bytes, size_t size)
{
    struct secret *secret = secret_alloc(sizeof(*secret) + size + 1);
    secret->size = size;
    if (size)
        memcpy(secret->bytes, bytes, size);
    return secret;
}

const char *secret_bytes(const struct secret *secret)
{
    return secret->bytes;
}

size_t secret_size(const struct secret *secret)
{
    return secret->size;
}

void secret_release(struct secret *secret)
{
    secret_free(secret);
}
