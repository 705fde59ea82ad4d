#include "card/jpeg_writer.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

enum { QUALITY = 88, OUT_FIRST_BYTES = 256 * 1024 };

/* libjpeg leaves a failure by a jump; its own handler would end the process. */
struct failure {
    struct jpeg_error_mgr manager;
    jmp_buf out;
};

static void fail(j_common_ptr encoder)
{
    longjmp(((struct failure *)encoder->err)->out, 1);
}

static void say_nothing(j_common_ptr encoder)
{
    (void)encoder;
}

static void encode(struct jpeg_compress_struct *encoder, const unsigned char *pixels,
                   unsigned width, unsigned height, size_t row_bytes)
{
    encoder->image_width = width;
    encoder->image_height = height;
    encoder->input_components = 4;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    encoder->in_color_space = JCS_EXT_BGRX;
#else
    encoder->in_color_space = JCS_EXT_XRGB;
#endif
    jpeg_set_defaults(encoder);
    jpeg_set_quality(encoder, QUALITY, TRUE);
    jpeg_start_compress(encoder, TRUE);
    while (encoder->next_scanline < height) {
        /* libjpeg takes rows that it does not write to without const. */
        union {
            const unsigned char *given;
            unsigned char *taken;
        } row = {pixels + encoder->next_scanline * row_bytes};
        jpeg_write_scanlines(encoder, &row.taken, 1);
    }
    jpeg_finish_compress(encoder);
}

int jpeg_write(const unsigned char *pixels, unsigned width, unsigned height, size_t row_bytes,
               struct text *out)
{
    struct jpeg_compress_struct encoder;
    struct failure failure;
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    volatile int result = -1;

    encoder.err = jpeg_std_error(&failure.manager);
    failure.manager.error_exit = fail;
    failure.manager.output_message = say_nothing;
    if (setjmp(failure.out) == 0) {
        jpeg_create_compress(&encoder);
        jpeg_mem_dest(&encoder, &bytes, &size);
        encode(&encoder, pixels, width, height, row_bytes);
        text_add_bytes(out, bytes, size);
        result = out->overflowed ? -1 : 0;
    }
    jpeg_destroy_compress(&encoder);
    free(bytes);
    return result;
}
