/* Bytes as a picture or a film: one of three kinds with measures, or words that say what is wrong.
 */
#include "base/limits.h"
#include "media/recognise.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct media_shape shape, again;
    const char *fault = media_recognise(data, size, &shape);

    if (fault) {
        require(fault[0] != '\0', "a refusal says why");
        return 0;
    }
    bool is_image = shape.kind == MEDIA_IMAGE;
    require(strcmp(shape.type, "image/jpeg") == 0 || strcmp(shape.type, "image/png") == 0 ||
                strcmp(shape.type, "video/mp4") == 0,
            "a kind that networks know");
    require(is_image == (strncmp(shape.type, "image/", 6) == 0), "the kind fits the type");
    require(!is_image || (shape.width > 0 && shape.height > 0), "a picture has measures");
    require(shape.width <= MEDIA_SIDE_MAX_PIXELS && shape.height <= MEDIA_SIDE_MAX_PIXELS,
            "which are bounded");
    require(is_image ? media_recognise(data, size - 1, &again) != NULL : true,
            "a picture that lacks its last byte is not whole");
    return 0;
}
