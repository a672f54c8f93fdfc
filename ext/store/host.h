/*
** host.h: what this machine is doing now. On Linux from /proc and, when the
** process lives in a control group with limits, the group's own figures;
** elsewhere what POSIX tells (host_posix.h), the rest is unknown. Built with
** -DHF_HOST_PORTABLE, Linux is elsewhere.
*/
#ifndef HF_HOST_H
#define HF_HOST_H

#include "../num/work.h"

/* One look at the host. NaN: not known here. Totals count from boot (or from
** the birth of the group) and only grow; a rate is the difference of two. */
typedef struct hf_host {
  double total_mb;     /* memory that the process may use: the machine's, or
                          the limit of its group */
  double used_mb;      /* of it, not available to others */
  double available_mb; /* of it, to be had without swapping */
  double cache_mb;     /* page cache and reclaimable slabs */
  double buffer_mb;    /* block device buffers */
  int memory_limited;  /* 1: the figures are those of a group with a limit */
  double cpu_busy;     /* ticks of all CPUs together, not idle */
  double cpu_total;    /* ticks of all CPUs together */
  double group_cpu_seconds; /* CPU time of a group with a CPU limit */
  double group_cpus;        /* its limit, in CPUs */
  double disk_bytes;        /* read and written, by all disks */
  double net_bytes;         /* received and sent, by all interfaces */
  double net_errors;        /* of receiving and sending */
  double stall_seconds[3];  /* in which a task waited for CPU, memory, I/O: of
                               the group, else of the machine */
  double file_percent;      /* how full the file system of `file` is, as df
                               says it */
  double cpus;              /* processors that are on line */
  double load_1m; /* programs that run or wait, mean of about a minute */
  double process_cpu_seconds; /* CPU time of this process, of all its threads */
  double process_mb;          /* memory of it that is resident */
  double process_peak_mb;     /* most that ever was */
  double process_faults;      /* pages of it that had to be read from a disk */
} hf_host;

/* Reads what there is. `file` (may be NULL or "") is any file on the file
** system of interest. Scratch memory comes from w and is given back. HF_OK,
** or HF_ENOMEM. */
int hf_host_read(hf_work *w, const char *file, hf_host *out);

#endif
