/*
** proc_text.h: numbers out of the texts with which Linux describes the host
** (/proc/meminfo, /proc/stat, /proc/diskstats, /proc/net/dev, cgroup files).
**
** Pure functions on (text, length). The text needs no closing zero and may be
** anything: cut off, binary, huge numbers. A last line without its newline
** counts as cut off and is not read, except where said. Every function
** returns HF_OK, or HF_EDATA when the text does not hold what was asked.
*/
#ifndef HF_PROC_TEXT_H
#define HF_PROC_TEXT_H

#include <stddef.h>

/* The number after `key` at the start of a line, with or without a colon:
** "MemTotal:   16384 kB", "inactive_file 4096". In the text's own unit. */
int hf_proc_field(const char *text, size_t n, const char *key, double *out);

/* Up to `max` numbers from the start of the text, separated by blanks; stops
** at the first word that is no number ("max 100000" has none). The text may
** end without a newline. HF_EDATA when there are fewer than `least`. */
int hf_proc_numbers(const char *text, size_t n, size_t least, size_t max,
                    double *out);

/* /proc/stat: what all CPUs together have done since boot, in ticks. Busy is
** total less idle and iowait; guest time is part of user time already. */
int hf_proc_cpu(const char *text, size_t n, double *busy, double *total);

/* /proc/diskstats: bytes read and written by whole disks since boot.
** Partitions, RAM disks and devices laid over others (loop, dm-, md, zram)
** would count the same bytes again and are left out. */
int hf_proc_disks(const char *text, size_t n, double *bytes);

/* /proc/net/dev: bytes and errors, received and sent, of the interfaces to
** the outside since boot. The loopback and interfaces laid over others
** (bridges, bonds, VLANs, tunnels, the ends of containers) are left out. */
int hf_proc_net(const char *text, size_t n, double *bytes, double *errors);

/* /proc/pressure/ and the pressure files of a group (psi.rst): seconds in which
** at least one task waited for the resource, the total of the line "some". */
int hf_proc_pressure(const char *text, size_t n, double *seconds);

/* /proc/self/cgroup: where in the tree of a controller this process is.
** `controller` "" asks for version 2 (the line "0::/path"). `*path` points
** into the text, `*len` bytes without the newline. Paths with ".." are
** refused: they lead out of what the container can see. */
int hf_proc_cgroup(const char *text, size_t n, const char *controller,
                   const char **path, size_t *len);

#endif
