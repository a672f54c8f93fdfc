/*
** host_posix.h: what any POSIX system tells of itself and of this process.
*/
#ifndef HF_HOST_POSIX_H
#define HF_HOST_POSIX_H

#include "host.h"

/* Fills in total_mb, cpus, load_1m, file_percent and the process's figures;
** leaves alone what this system does not tell. `file` may be NULL or "". */
void hf_host_posix(const char *file, hf_host *out);

#endif
