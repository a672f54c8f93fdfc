/*
** collect.h: hf_collect().
*/
#ifndef HF_COLLECT_H
#define HF_COLLECT_H

#include "answer.h"

/* Registers hf_collect() on a connection. */
int hf_collect_register(hf_conn *conn);

#endif
