/* The node maps, as they are on disk. */
#include "simcam.h"

#define EMBED(name, file)                                                                                            \
    __asm__(".section .rodata\n"                                                                                     \
            ".global " #name "\n.hidden " #name "\n" #name ":\n.incbin \"" file "\"\n"                               \
            ".global " #name "_end\n.hidden " #name "_end\n" #name "_end:\n.byte 0\n.previous\n")

EMBED(xml_module, "module.xml");
EMBED(xml_camera, "camera.xml");
